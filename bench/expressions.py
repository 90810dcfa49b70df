"""Evaluates the same expressions with yaql 3 and Jinja2, as Mistral sets them up, and prints evaluations per second as JSON."""

import json
import sys
import time

import jinja2
import jinja2.sandbox
import yaql
from yaql.language import factory

ENGINE_OPTIONS = {
    "yaql.limitIterators": 10000,
    "yaql.memoryQuota": 1000000000,
    "yaql.convertTuplesToLists": True,
    "yaql.convertSetsToLists": True,
    "yaql.iterableDicts": False,
}


def per_second(work, seconds):
    count_within(work, seconds)
    return count_within(work, seconds)


def count_within(work, seconds):
    count, chunk, spent = 0, 1, 0.0
    while spent < seconds:
        begin = time.process_time()
        for _ in range(chunk):
            work()
        took = time.process_time() - begin
        count, spent = count + chunk, spent + took
        if took < seconds / 20:
            chunk *= 2
    return count / spent


def main():
    given = json.load(sys.stdin)
    data, seconds = given["data"], given["seconds"]
    engine = factory.YaqlFactory().create(options=ENGINE_OPTIONS)
    root = yaql.create_context()
    environment = jinja2.sandbox.SandboxedEnvironment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    results = []
    for case in given["cases"]:
        text = case["expression"]
        if case["language"] == "yaql":
            parsed = engine(text)
            cached = lambda: parsed.evaluate(data=data, context=root.create_child_context())
            uncached = lambda: engine(text).evaluate(data=data, context=root.create_child_context())
        else:
            parsed = environment.compile_expression(text, undefined_to_none=False)
            cached = lambda: parsed(_=data)
            uncached = lambda: environment.compile_expression(text, undefined_to_none=False)(_=data)
        results.append(
            {
                "value": cached(),
                "cached": per_second(cached, seconds),
                "uncached": per_second(uncached, seconds),
            }
        )
    json.dump(results, sys.stdout)


main()
