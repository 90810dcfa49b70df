import { suiteTests } from './expression-suite.ts';

for (const suite of ['yaql-upstream', 'yaql-workflow']) suiteTests(suite);
