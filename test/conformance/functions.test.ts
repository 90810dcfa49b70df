import { suiteTests } from './expression-suite.ts';

suiteTests('mistral-std-functions', undefined, {
  'mistral-std-functions-0178': 'lists parsed during an evaluation can be hashed here',
  'mistral-std-functions-0182': 'parsed lists equal those of the data here',
});
suiteTests('mistral-runtime-functions', undefined, {
  'mistral-runtime-functions-0061': 'json_pp is kept: workflows of the time of StackStorm 3.2 use it',
});
suiteTests('st2mistral-functions');
suiteTests('st2mistral-functions-rawinput');
