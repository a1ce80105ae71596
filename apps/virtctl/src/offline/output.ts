import { stringify } from 'yaml';

/** Forms of output that hold any object. */
export type DataFormat = 'yaml' | 'json';

/** One object as it is, several as documents of YAML or as a JSON array. */
export function formatObjects(objects: readonly unknown[], format: DataFormat): string {
  if (format === 'json') return JSON.stringify(objects.length === 1 ? objects[0] : objects, undefined, 2);
  // Numbers and names that look like something else stay quoted; long lines stay whole, as kubectl prints them.
  return objects
    .map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd())
    .join('\n---\n');
}
