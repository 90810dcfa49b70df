import { suiteTests } from './expression-suite.ts';

suiteTests('mistral-std-functions', undefined, {
  'mistral-std-functions-0178': 'YAQL here cannot count the items of a parsed dict that holds lists',
  'mistral-std-functions-0182':
    'a parsed list equals the same list of the data here, where Python tells list and tuple apart',
});
suiteTests('mistral-runtime-functions', undefined, {
  'mistral-runtime-functions-0061': 'json_pp is kept: workflows of the time of StackStorm 3.2 use it',
});
suiteTests('st2mistral-functions');
suiteTests('st2mistral-functions-rawinput');
