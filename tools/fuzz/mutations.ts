import * as fc from 'fast-check';

/** What a client may send in place of anything: wrong types, huge numbers, names that JavaScript treats apart. */
const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    2 ** 63,
    1e308,
    '',
    '\0',
    '9'.repeat(300),
    'x'.repeat(5000),
    [],
    {},
    [null],
    [[]],
  ),
  fc
    .constantFrom('{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}')
    .map((text) => JSON.parse(text) as unknown),
  fc.jsonValue({ maxDepth: 2 }),
);

/** One change of an object: at which place, modulo their number, and to what. */
interface Mutation {
  at: number;
  to: unknown;
  deletes: boolean;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.integer({ min: 0, max: 1_000_000 }),
  to: junk,
  deletes: fc.boolean(),
});

/** Copies of the objects with one to three changes anywhere below `spec`; the API server reads the rest itself. */
export function mutated<T extends Record<string, unknown>>(objects: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.tuple(objects, fc.array(mutation, { minLength: 1, maxLength: 3 })).map(([object, mutations]) => {
    const { spec, ...rest } = object;
    const changed = { ...rest, ...mutations.reduce(apply, structuredClone({ spec })) };
    // As it comes over the wire: a list has no holes, and `__proto__` is a name like any other.
    return JSON.parse(JSON.stringify(changed)) as T;
  });
}

function apply<T extends object>(object: T, { at, to, deletes }: Mutation): T {
  const places = placesIn(object);
  const [holder, key] = places[at % places.length] ?? [];
  if (holder === undefined || key === undefined) {
    return object;
  }
  if (deletes) {
    delete holder[key];
  } else {
    Object.defineProperty(holder, key, {
      value: structuredClone(to),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return object;
}

/** Every member of the object and of what it holds. */
function placesIn(value: object): [holder: Record<string, unknown>, key: string][] {
  return Object.entries(value).flatMap(([key, member]) => {
    const own: [Record<string, unknown>, string][] = [[value as Record<string, unknown>, key]];
    return typeof member === 'object' && member !== null ? [...own, ...placesIn(member as object)] : own;
  });
}
