/**
 * How long one step of a workflow may take. The SDK cuts it off after five seconds unless told otherwise, by an option that its types do
 * not show. Node does not survive that within a promise (nodejs/node#38503): the whole process would end, not one workflow task. The
 * interpreter bounds its work itself, so what takes longer is on a machine that is too busy or was suspended.
 */
export const sandboxLimits: object = { isolateExecutionTimeout: '10 minutes' };
