import type { StructuralSchema } from './structural-schema.ts';

/** Values for fields whose rules (CEL, or the API server's own) ask for more than their type. */
const particular: readonly [ending: RegExp, value: unknown][] = [
  [/containerPath\.path$/, '/data'],
  [/VirtualMachineBackup\.spec\.source\.kind$/, 'VirtualMachineBackupTracker'],
  [/VirtualMachineBackup\.spec\.source\.apiGroup$/, 'backup.kubevirt.io'],
  [/VirtualMachineBackupTracker\.spec\.source\.kind$/, 'VirtualMachine'],
  [/VirtualMachineBackupTracker\.spec\.source\.apiGroup$/, 'kubevirt.io'],
  [/filesystemOverhead$/, '0.05'],
  [/conditions\[\]\.type$/, 'Ready'],
  [/conditions\[\]\.reason$/, 'AllIsWell'],
];

/** A value of a schema in which every field is set, every list has one item and every map one key. */
export function sampleOf(schema: StructuralSchema, path: string): unknown {
  const given = particular.find(([ending]) => ending.test(path));
  if (given) {
    return given[1];
  }
  if (schema.enum) {
    return schema.enum[0];
  }
  if (schema['x-kubernetes-int-or-string']) {
    return '1500m';
  }
  switch (schema.type) {
    case 'object':
      return sampleObject(schema, path);
    case 'array':
      return [sampleOf(schema.items ?? {}, `${path}[]`)];
    case 'boolean':
      return true;
    case 'integer':
      return schema.minimum ?? 7;
    case 'number':
      return 1.5;
    default:
      return sampleText(schema, path);
  }
}

/** Texts of the forms that patterns ask for. */
const texts = ['8086:5845', '0000:6b:00.0', 'sample.example', 'sample', '1Gi', '0.05'];

function sampleText({ format, pattern }: StructuralSchema, path: string): string {
  if (format === 'date-time') return '2026-01-31T09:30:00Z';
  if (pattern === undefined) return `text of ${path.split('.').at(-1)}`;
  const found = texts.find((text) => new RegExp(pattern).test(text));
  if (found === undefined) throw new Error(`${path}: no sample text matches ${pattern}: add one`);
  return found;
}

function sampleObject(schema: StructuralSchema, path: string): unknown {
  if (schema['x-kubernetes-preserve-unknown-fields'] && schema.properties === undefined) {
    return { labels: { kept: 'as it is' } };
  }
  if (schema.additionalProperties) {
    return { key: sampleOf(schema.additionalProperties, `${path}{}`) };
  }
  return Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, child]) => [name, sampleOf(child, `${path}.${name}`)]),
  );
}
