/**
 * The intermediate representation of a Mistral v2 workflow: what the parser makes of a checked document and what the
 * conductor runs. It is plain JSON (it travels in Temporal's history), complete (defaults of `task-defaults` are merged in,
 * inline calls are taken apart) and free of anything that depends on the text it came from.
 *
 * Expressions stay text: a string that holds `<% … %>` or `{{ … }}` is evaluated at run time, at any depth of a value.
 */

/** A JSON value in which strings may be expressions. */
export type Template = null | boolean | number | string | readonly Template[] | { readonly [key: string]: Template };

/** One workflow, ready to run. */
export interface WorkflowIr {
  /** Full name: `pack.name`, for a workflow of a workbook `<workbook>.<workflow>`. */
  readonly name: string;
  /** Name of the workbook it belongs to: sub-workflows and ad-hoc actions are first looked up under this prefix. */
  readonly workbook?: string;
  readonly type: 'direct' | 'reverse';
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly input: readonly InputIr[];
  readonly vars?: { readonly [name: string]: Template };
  readonly output?: Template;
  readonly output_on_error?: Template;
  /** In order of the document. */
  readonly tasks: readonly TaskIr[];
  /** Ad-hoc actions of the workbook, by full name (`<workbook>.<action>`) as well as by their short name. */
  readonly actions?: { readonly [name: string]: AdHocActionIr };
  /** The workflow's own part of the document as data: what `execution().spec` shows. */
  readonly spec: Readonly<Record<string, unknown>>;
}

/** One declared input. Without `default` (own property) it is required. Defaults are never evaluated. */
export interface InputIr {
  readonly name: string;
  readonly default?: unknown;
}

export interface AdHocActionIr {
  readonly name: string;
  readonly base: string;
  readonly base_input?: Template;
  readonly input: readonly InputIr[];
  readonly output?: Template;
  readonly tags?: readonly string[];
}

export interface TaskIr {
  readonly name: string;
  readonly description?: string;
  readonly kind: 'action' | 'workflow';
  /** Name of the action or workflow, or an expression that yields it. A task with neither runs `std.noop`. */
  readonly target: string;
  /** A mapping, or one expression that yields a mapping. */
  readonly input?: Template;
  readonly with_items?: WithItemsIr;
  readonly publish?: PublishIr;
  readonly publish_on_error?: PublishIr;
  readonly publish_on_skip?: PublishIr;
  readonly on_success?: TransitionsIr;
  readonly on_error?: TransitionsIr;
  readonly on_complete?: TransitionsIr;
  readonly on_skip?: TransitionsIr;
  /** `0` means none and is left out. */
  readonly join?: 'all' | 'one' | number;
  /** Reverse workflows: names of the tasks that must have succeeded before. */
  readonly requires?: readonly string[];
  readonly policies: PoliciesIr;
  readonly keep_result: Template;
  readonly safe_rerun: Template;
  /** Where to run the action (`target:` of the document), not evaluated further by us. */
  readonly run_on?: Template;
  /** The task's part of the document as data: what `task().spec` shows. */
  readonly spec: Readonly<Record<string, unknown>>;
}

/** `with-items: i in <expr>` or a list of such: all lists go in step. */
export interface WithItemsIr {
  readonly variables: readonly { readonly name: string; readonly items: Template }[];
  /** Items at once; an expression is allowed; absent or 0 means no limit. */
  readonly concurrency?: Template;
}

/** Published variables by scope. `publish: {a: …}` is the branch scope. */
export interface PublishIr {
  readonly branch?: { readonly [name: string]: Template };
  readonly global?: { readonly [name: string]: Template };
  readonly atomic?: { readonly [name: string]: Template };
}

/** An `on-*` clause. `publish` is that of its advanced form. */
export interface TransitionsIr {
  readonly publish?: PublishIr;
  readonly next: readonly TransitionIr[];
}

/** One entry: a task's name or an engine command, with its condition. */
export interface TransitionIr {
  readonly to: string;
  readonly command?: {
    readonly name: 'fail' | 'succeed' | 'pause' | 'noop';
    readonly params?: { readonly [name: string]: Template };
  };
  /** An expression; absent means always. */
  readonly condition?: string;
}

/** Durations in seconds; expressions are allowed wherever Mistral allows them. */
export interface PoliciesIr {
  readonly wait_before?: Template;
  readonly wait_after?: Template;
  readonly timeout?: Template;
  readonly pause_before?: Template;
  readonly fail_on?: Template;
  readonly retry?: {
    readonly count: Template;
    readonly delay: Template;
    readonly break_on?: string;
    readonly continue_on?: string;
  };
}

/** Everything one document defines, by full name, in order. */
export interface DocumentIr {
  readonly kind: 'workflow' | 'workbook' | 'actions';
  /** Name of the workbook. */
  readonly name?: string;
  /** Of the workbook. */
  readonly tags?: readonly string[];
  readonly workflows: readonly WorkflowIr[];
  readonly actions: readonly AdHocActionIr[];
}
