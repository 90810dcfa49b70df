import { calls, suiteTests } from './expression-suite.ts';

suiteTests('st2-jinja', calls('cast', 'render_live_params', 'finalized_params'));
