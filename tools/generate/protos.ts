/**
 * The gRPC contracts as TypeScript: one module a proto under packages/rpc/src/gen, with its messages as interfaces, its
 * services as types, and a descriptor that protobufjs/light reads at run time, so that no app parses a proto.
 */
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

const MODULES = {
  launcher: 'protos/quickvirt/launcher/v1/launcher.proto',
  handler: 'protos/quickvirt/handler/v1/handler.proto',
  'device-plugin': 'protos/kubelet/deviceplugin/v1beta1/deviceplugin.proto',
  'pod-resources': 'protos/kubelet/podresources/v1/podresources.proto',
  'plugin-registration': 'protos/kubelet/pluginregistration/v1/pluginregistration.proto',
  dra: 'protos/kubelet/dra/v1/dra.proto',
  'dra-health': 'protos/kubelet/dra-health/v1/dra-health.proto',
};

/** Descriptors of contracts as earlier releases speak them, for the tests that play such a launcher. */
const RELEASED = { 'launcher-0.1.0': 'packages/rpc/src/testing/released/0.1.0/quickvirt/launcher/v1/launcher.proto' };

/** Contents by path from the repository's root. @throws Error when a proto does not parse. */
export function generateProtos(): Map<string, string> {
  return new Map([
    ...Object.entries(MODULES).map(([name, proto]) => [`packages/rpc/src/gen/${name}.ts`, moduleOf(proto)] as const),
    ...Object.entries(RELEASED).map(
      ([name, proto]) => [`packages/rpc/src/testing/released/${name}.ts`, descriptorOf(proto)] as const,
    ),
  ]);
}

function moduleOf(proto: string): string {
  const parsed = parsedProto(proto);
  const parts = members(parsed).map((member) => {
    if (member instanceof protobuf.Type) return interfaceOf(member);
    if (member instanceof protobuf.Enum) return unionOf(member);
    return serviceOf(member);
  });
  return [header(proto), ...parts, descriptorConstant(parsed), ''].join('\n\n');
}

function descriptorOf(proto: string): string {
  return [header(proto), descriptorConstant(parsedProto(proto)), ''].join('\n\n');
}

function parsedProto(proto: string): protobuf.Root {
  const parsed = new protobuf.Root();
  parsed.resolvePath = (_origin, target) => `${root}${target}`;
  parsed.loadSync(proto, { alternateCommentMode: true });
  return parsed.resolveAll() as protobuf.Root;
}

const header = (proto: string): string => `// Generated from ${proto} by \`npm run generate\`. Do not edit.`;

const descriptorConstant = (parsed: protobuf.Root): string =>
  `/** For \`Root.fromJSON\` of protobufjs/light. */\nexport const descriptor = ${JSON.stringify(parsed.toJSON())};`;

function members(namespace: protobuf.NamespaceBase): (protobuf.Type | protobuf.Enum | protobuf.Service)[] {
  return namespace.nestedArray.flatMap((member) => {
    if (member instanceof protobuf.Type || member instanceof protobuf.Enum || member instanceof protobuf.Service)
      return [member];
    return member instanceof protobuf.Namespace ? members(member) : [];
  });
}

function interfaceOf(type: protobuf.Type): string {
  const fields = type.fieldsArray.map((field) => {
    const optional = field.partOf ? '?' : '';
    return `${docs(field.comment, '  ')}  ${field.name}${optional}: ${typeOf(field)};\n`;
  });
  return `${docs(type.comment)}export interface ${type.name} {\n${fields.join('')}}`;
}

function unionOf({ name, values, comment }: protobuf.Enum): string {
  const names = Object.keys(values).map((value) => `'${value}'`);
  return `${docs(comment)}export type ${name} =\n  | ${names.join('\n  | ')};`;
}

function serviceOf(service: protobuf.Service): string {
  const methods = service.methodsArray.map((method) => {
    const { name, requestType, responseType, requestStream, responseStream, comment } = method;
    const key = name.charAt(0).toLowerCase() + name.slice(1);
    const kind = `${requestStream ? 'stream' : 'unary'}-${responseStream ? 'stream' : 'unary'}`;
    return `${docs(comment, '  ')}  ${key}: { request: ${requestType}; response: ${responseType}; kind: '${kind}' };\n`;
  });
  return `${docs(service.comment)}export type ${service.name} = {\n${methods.join('')}};`;
}

/** A message that is not set is null; 64-bit numbers are exact up to 2^53. */
function typeOf(field: protobuf.Field): string {
  const one = scalarOf(field);
  if (field instanceof protobuf.MapField) return `Record<string, ${one}>`;
  if (field.repeated) return `${one}[]`;
  return field.resolvedType instanceof protobuf.Type && !field.partOf ? `${one} | null` : one;
}

function scalarOf(field: protobuf.Field): string {
  if (field.resolvedType) return field.resolvedType.name;
  if (field.type === 'string') return 'string';
  if (field.type === 'bytes') return 'Buffer';
  return field.type === 'bool' ? 'boolean' : 'number';
}

function docs(comment: string | null | undefined, indent = ''): string {
  if (!comment) return '';
  const lines = comment.split('\n').map((line) => line.trim());
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}
