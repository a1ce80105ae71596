/** One object of the cluster, or all objects of a resource in a namespace. */
export interface FactRef {
  group: string;
  /** Plural name. */
  resource: string;
  /** Undefined for what has no namespace, and for lists over all namespaces. */
  namespace?: string;
}

/**
 * What a rule may know of other objects. An answer is undefined while it is not known, which no rule may take for
 * "not there": offline, rules that need more than the object itself stay silent.
 */
export interface ClusterFacts {
  /** The object; null when there is none of that name. */
  get<T>(ref: FactRef & { name: string }): T | null | undefined;
  /** Every object, or those whose labels hold all of `labels`. */
  list<T>(ref: FactRef & { labels?: Readonly<Record<string, string>> }): readonly T[] | undefined;
}

/** Nothing is known. */
export const noFacts: ClusterFacts = { get: () => undefined, list: () => undefined };

/** What was asked for and is not known yet. */
export type FactQuestion = FactRef & ({ name: string } | { labels?: Readonly<Record<string, string>> });

/** Reads one object (null when there is none), or a list. */
export type FactReader = (question: FactQuestion) => Promise<unknown>;

/** A rule that needs a fact to know which fact it needs next goes around once more; none needs more than this. */
const maxRounds = 6;

/**
 * Runs a pure judgement, reads what it asked for, and runs it again until it asks for nothing new. So a rule says what it
 * needs by using it, and reads nothing that its object does not call for.
 * @throws what `read` throws, and an Error when a judgement asks for something new each time
 */
export async function judgeWithFacts<T>(judge: (facts: ClusterFacts) => T, read: FactReader): Promise<T> {
  const known = new Map<string, unknown>();
  for (let round = 0; round < maxRounds; round++) {
    const questions = new Map<string, FactQuestion>();
    const verdict = judge(recordingFacts(known, questions));
    if (questions.size === 0) return verdict;
    await Promise.all(
      [...questions].map(async ([key, question]) => void known.set(key, (await read(question)) ?? null)),
    );
  }
  throw new Error(`a rule asked for further objects ${maxRounds} times`);
}

function recordingFacts(known: ReadonlyMap<string, unknown>, questions: Map<string, FactQuestion>): ClusterFacts {
  const answer = (question: FactQuestion): unknown => {
    const key = JSON.stringify(question);
    if (!known.has(key)) questions.set(key, question);
    return known.get(key);
  };
  return {
    get: <T>(ref: FactRef & { name: string }) => answer(ref) as T | null | undefined,
    list: <T>(ref: FactRef) => answer(ref) as readonly T[] | undefined,
  };
}

interface StoredObject {
  apiVersion?: string;
  kind?: string;
  metadata?: { name?: string; namespace?: string; labels?: Record<string, string> };
}

/**
 * Facts from a set of objects, as the files beside an offline check.
 * @param resourceOf plural name of an object's kind
 * @param complete whether what is not among the objects is known not to be there
 */
export function factsOfObjects(
  objects: readonly StoredObject[],
  resourceOf: (kind: string) => string | undefined,
  complete: boolean,
): ClusterFacts {
  const matches = (object: StoredObject, { group, resource, namespace }: FactRef): boolean =>
    groupOf(object.apiVersion) === group &&
    resourceOf(object.kind ?? '') === resource &&
    (namespace === undefined || (object.metadata?.namespace ?? 'default') === namespace);
  return {
    get: <T>(ref: FactRef & { name: string }) => {
      const found = objects.find((object) => object.metadata?.name === ref.name && matches(object, ref));
      return (found as T | undefined) ?? (complete ? null : undefined);
    },
    list: <T>(ref: FactRef & { labels?: Readonly<Record<string, string>> }) =>
      complete
        ? (objects.filter(
            (object) =>
              matches(object, ref) &&
              Object.entries(ref.labels ?? {}).every(([key, value]) => object.metadata?.labels?.[key] === value),
          ) as T[])
        : undefined,
  };
}

function groupOf(apiVersion = ''): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}
