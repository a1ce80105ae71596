import { XdrError } from './errors.ts';
import { codec, f64, i32, i64, str, u32, u64, type Codec, type Reader, type Writer } from './xdr.ts';

/** What a typed parameter may hold; 64-bit integers are bigint. */
type TypedValue = number | bigint | boolean | string;

/** One `virTypedParameter`: a named value with its type on the wire. */
export interface TypedParam {
  field: string;
  type: TypedParamType;
  value: TypedValue;
}

/** `virTypedParameterType`. */
const TypedParamType = { int: 1, uint: 2, llong: 3, ullong: 4, double: 5, boolean: 6, string: 7 } as const;
type TypedParamType = (typeof TypedParamType)[keyof typeof TypedParamType];

const boolean = codec<boolean>(
  4,
  (writer, value) => writer.int32(value ? 1 : 0),
  (reader) => reader.int32() !== 0,
);

const valueCodecs = new Map<number, Codec<unknown>>([
  [TypedParamType.int, i32],
  [TypedParamType.uint, u32],
  [TypedParamType.llong, i64],
  [TypedParamType.ullong, u64],
  [TypedParamType.double, f64],
  [TypedParamType.boolean, boolean],
  [TypedParamType.string, str],
]);

function valueCodec(type: number): Codec<unknown> {
  const found = valueCodecs.get(type);
  if (!found) throw new XdrError(`typed parameter of unknown type ${type}`);
  return found;
}

/** One typed parameter on the wire: name, type, value of that type. */
export const typedParam = codec<TypedParam>(
  12,
  (writer: Writer, { field, type, value }) => {
    str.encode(writer, field);
    writer.int32(type);
    valueCodec(type).encode(writer, value);
  },
  (reader: Reader) => {
    const field = str.decode(reader);
    const type = reader.int32();
    return { field, type: type as TypedParamType, value: valueCodec(type).decode(reader) as TypedValue };
  },
);

/** Makes typed parameters; the name says the C type that libvirt documents for the field. */
export const param = {
  int: (field: string, value: number): TypedParam => ({ field, type: TypedParamType.int, value }),
  uint: (field: string, value: number): TypedParam => ({ field, type: TypedParamType.uint, value }),
  llong: (field: string, value: bigint): TypedParam => ({ field, type: TypedParamType.llong, value }),
  ullong: (field: string, value: bigint): TypedParam => ({ field, type: TypedParamType.ullong, value }),
  double: (field: string, value: number): TypedParam => ({ field, type: TypedParamType.double, value }),
  boolean: (field: string, value: boolean): TypedParam => ({ field, type: TypedParamType.boolean, value }),
  string: (field: string, value: string): TypedParam => ({ field, type: TypedParamType.string, value }),
};

/** Values by field name. A field that comes twice keeps its last value, as libvirt's own getters do not define it. */
export type TypedParams = ReadonlyMap<string, TypedValue>;

/** Indexes a reply's parameters by name. */
export function paramsByField(params: readonly TypedParam[]): TypedParams {
  return new Map(params.map(({ field, value }) => [field, value]));
}
