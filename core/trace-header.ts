/** Name of the header in which a trace's context passes through Temporal, as W3C names it. */
export const TRACE_HEADER = 'traceparent';
