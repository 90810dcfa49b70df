import { calls, suiteTests } from './expression-suite.ts';

suiteTests('mistral-layer');
suiteTests('st2-jinja', (record) => !calls('cast', 'render_live_params', 'finalized_params')(record));
