import type { MethodDefinition } from '@grpc/grpc-js';
// Light: reflection from a JSON descriptor, without the proto parser.
import protobuf, { type INamespace, type Type } from 'protobufjs/light.js';

/** The methods of a service with their codecs, by the name that the generated types use. */
export type ServiceMethods = ReadonlyMap<string, MethodDefinition<object, object>>;

/** Numbers instead of Long, names instead of enum numbers, proto3's zero values filled in. */
const PLAIN_OBJECT = { longs: Number, enums: String, defaults: true, oneofs: false } as const;

/** @param service fully qualified, for example `quickvirt.launcher.v1.LauncherService`. */
export function serviceMethods(descriptor: object, service: string): ServiceMethods {
  const definition = protobuf.Root.fromJSON(descriptor as INamespace).lookupService(service);
  definition.resolveAll();
  return new Map(
    definition.methodsArray.map(
      ({ name, requestStream, responseStream, resolvedRequestType, resolvedResponseType }) => [
        name.charAt(0).toLowerCase() + name.slice(1),
        {
          path: `/${service}/${name}`,
          requestStream: requestStream ?? false,
          responseStream: responseStream ?? false,
          requestSerialize: encoder(resolvedRequestType),
          requestDeserialize: decoder(resolvedRequestType),
          responseSerialize: encoder(resolvedResponseType),
          responseDeserialize: decoder(resolvedResponseType),
        },
      ],
    ),
  );
}

function encoder(type: Type | null): (message: object) => Buffer {
  const resolved = present(type);
  return (message) => Buffer.from(resolved.encode(resolved.fromObject(message)).finish());
}

function decoder(type: Type | null): (bytes: Buffer) => object {
  const resolved = present(type);
  return (bytes) => resolved.toObject(resolved.decode(bytes), PLAIN_OBJECT);
}

function present(type: Type | null): Type {
  if (type === null) throw new TypeError('a method of the descriptor names a message that it does not hold');
  return type;
}
