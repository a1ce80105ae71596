import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A device node of a CDI specification. Source: CDI's SPEC.md, "containerEdits". */
export interface CdiDeviceNode {
  path: string;
  hostPath?: string;
  type?: string;
  major?: number;
  minor?: number;
  fileMode?: number;
  permissions?: string;
  uid?: number;
  gid?: number;
}

/** What a CDI specification changes of a container. */
export interface ContainerEdits {
  env?: string[];
  deviceNodes?: CdiDeviceNode[];
  mounts?: { hostPath: string; containerPath: string; options?: string[] }[];
}

interface CdiSpec {
  kind: string;
  devices: { name: string; containerEdits: ContainerEdits }[];
  containerEdits?: ContainerEdits;
}

/** Where runtimes look, the later first. Source: CDI's SPEC.md, "locations". */
const CDI_FOLDERS = ['/etc/cdi', '/var/run/cdi'];

/** The edits of devices by their qualified names `vendor/class=name`. @throws Error when one is in no specification. */
export async function editsOf(names: readonly string[]): Promise<ContainerEdits[]> {
  if (names.length === 0) return [];
  return chosenEdits(await readSpecs(), names);
}

/** Pure part of {@link editsOf}: a specification's own edits count once, with its first device. */
export function chosenEdits(specs: readonly CdiSpec[], names: readonly string[]): ContainerEdits[] {
  const begun = new Set<CdiSpec>();
  return names.flatMap((name) => {
    for (const spec of specs) {
      const device = spec.devices.find((candidate) => `${spec.kind}=${candidate.name}` === name);
      if (!device) continue;
      const common = begun.has(spec) ? [] : [spec.containerEdits ?? {}];
      begun.add(spec);
      return [...common, device.containerEdits];
    }
    throw new Error(`CDI device ${name} is in no specification of ${CDI_FOLDERS.join(', ')}`);
  });
}

async function readSpecs(): Promise<CdiSpec[]> {
  const specs: CdiSpec[] = [];
  for (const folder of CDI_FOLDERS) {
    const names = await readdir(folder).catch((): string[] => []);
    for (const name of names.filter((file) => file.endsWith('.json')).sort())
      specs.unshift(JSON.parse(await readFile(join(folder, name), 'utf8')) as CdiSpec);
  }
  return specs;
}
