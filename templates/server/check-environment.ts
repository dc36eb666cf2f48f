import type { Plan } from '../../schemas/plan.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a process was started with, as far as it settles how memory is allocated. */
export interface Start {
  readonly environment: Environment;
  /** Arguments of Node's own, before the program. */
  readonly nodeArguments: readonly string[];
  /** Of `/proc/self/maps`; empty where there is none. */
  readonly mappings: string;
}

/** Names of libraries that bring an allocator: jemalloc, mimalloc, tcmalloc, snmalloc, rpmalloc, tbbmalloc, scalloc, Hoard. */
const ALLOCATOR = /malloc|libtbb|libhoard|scalloc/;

/** Variables that make other settings of glibc's, or another allocator, take the place of those that the memory plan counts on. */
const OVERRIDING: readonly { readonly variable: string; readonly pattern: RegExp; readonly why: string }[] = [
  { variable: 'GLIBC_TUNABLES', pattern: /glibc\.malloc\./, why: 'changes how memory is allocated' },
  { variable: 'MALLOC_MMAP_MAX_', pattern: /./, why: 'keeps large blocks in the heap, where they are not given back' },
  { variable: 'MALLOC_TOP_PAD_', pattern: /./, why: 'takes more from the system than is asked for' },
  { variable: 'LD_PRELOAD', pattern: ALLOCATOR, why: 'puts another allocator in the place of the planned one' },
];

/** Node's arguments that change nothing of its memory: what it trusts, says and looks up. */
const HARMLESS =
  /^--(enable-source-maps|no-warnings|no-deprecation|disable-warning|trace-(?!gc)|unhandled-rejections|dns-result-order|network-family-autoselection|no-network-family-autoselection|tls-|use-(openssl|bundled|system)-ca|icu-data-dir|max-http-header-size|title|stack-trace-limit|report-|diagnostic-dir)/;

/**
 * What of its start makes a server's memory plan worthless: variables that the plan counts on and that are missing or have another
 * value, those that override them, another allocator however it came in, and arguments of Node's own. One line for each.
 */
export function environmentProblems({ environment: planned }: Pick<Plan, 'environment'>, start: Start): string[] {
  const { environment: found, nodeArguments, mappings } = start;
  const wrong = Object.entries(planned).flatMap(([name, value]) => {
    const is = found[name];
    if (is === value) return [];
    return [`${name} is ${is === undefined ? 'not set' : `"${is}"`}; the memory plan counts on "${value}"`];
  });
  const overriding = OVERRIDING.flatMap(({ variable, pattern, why }) =>
    pattern.test(found[variable] ?? '') ? [`${variable}="${found[variable]}" ${why}`] : [],
  );
  const options = argumentsOf(found.NODE_OPTIONS).map((argument) => ({ argument, from: 'NODE_OPTIONS has' }));
  const given = nodeArguments
    // The packager starts a server of its own so, that it may end with it.
    .filter((argument) => argument.startsWith('-') && argument !== '--import')
    .map((argument) => ({ argument, from: 'Node was started with' }));
  const changed = [...options, ...given]
    .filter(({ argument }) => !HARMLESS.test(argument))
    .map(({ argument, from }) => `${from} ${argument}; the memory plan counts on Node's own settings`);
  return [...wrong, ...overriding, ...(overriding.length > 0 ? [] : mappedAllocators(mappings)), ...changed];
}

/** A value that follows its argument after a space is no argument of its own. */
function argumentsOf(text = ''): readonly string[] {
  return text.split(/\s+/).filter((word) => word.startsWith('-'));
}

/** By the files that are mapped: `/etc/ld.so.preload`, or a Node that was linked with one, leaves no variable. */
function mappedAllocators(mappings: string): readonly string[] {
  const files = mappings.matchAll(/\s(\/\S*\.so\S*)$/gm);
  const found = new Set(
    [...files].map(([, file = '']) => file).filter((file) => ALLOCATOR.test(file.split('/').pop() ?? '')),
  );
  return [...found].map((file) => `${file} is loaded, which puts another allocator in the place of the planned one`);
}
