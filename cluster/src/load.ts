import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { runEngine } from './engine.ts';
import { kind, nodeContainers } from './kind-cluster.ts';

/** The images that this checkout makes. */
export const ownImages = ['virt-api', 'virt-controller', 'virt-handler', 'virt-launcher', 'guest'].map(
  (name) => `localhost/quickvirt/${name}:dev`,
);

/** Which images a cluster has not got in this very version. Pure; ids by image name. */
export function staleImages(
  wanted: Readonly<Record<string, string>>,
  loaded: Readonly<Record<string, string>>,
): string[] {
  return Object.entries(wanted)
    .filter(([image, id]) => loaded[image] !== id)
    .map(([image]) => image);
}

/**
 * The nodes that ordinary pods run on: workers, or where there is none the control plane, which then has no taint. By
 * kind's names, `<cluster>-control-plane`, `<cluster>-worker`, `<cluster>-worker2`. Pure.
 */
export function nodesForPods(nodes: readonly string[]): string[] {
  const workers = nodes.filter((node) => /-worker\d*$/.test(node));
  return workers.length > 0 ? workers : [...nodes];
}

/**
 * Puts images into the nodes of a cluster that run pods, those only that it has not got.
 * @returns the images that were loaded.
 * @throws when an image is not there: `npm run images` makes ours.
 */
export async function load(cluster: string, images: readonly string[]): Promise<string[]> {
  const wanted: Record<string, string> = {};
  for (const image of images)
    wanted[image] = (await runEngine(['image', 'inspect', '--format', '{{.Id}}', image])).trim();
  const record = join(cacheFolder('clusters'), `${cluster}.loaded.json`);
  const names = nodesForPods(await nodeContainers(cluster));
  if (names.length === 0) throw new Error(`there is no cluster ${cluster}; npm run cluster -- up makes one`);
  // Ids rather than names: a cluster of the same name, made anew, has none of the images.
  const nodes = (await runEngine(['inspect', '--format', '{{.Id}}', ...names])).trim().replaceAll('\n', ' ');
  const known = existsSync(record)
    ? (JSON.parse(readFileSync(record, 'utf8')) as { nodes: string; images: Record<string, string> })
    : undefined;
  const loaded = known?.nodes === nodes ? known.images : {};
  const stale = staleImages(wanted, loaded);
  if (stale.length === 0) return [];
  const work = mkdtempSync(join(tmpdir(), 'quickvirt-load-'));
  try {
    const archive = join(work, 'images.tar');
    await runEngine(['save', '--quiet', '--multi-image-archive', '--output', archive, ...stale]);
    await kind(['load', 'image-archive', archive, '--name', cluster, '--nodes', names.join(',')]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  writeFileSync(record, JSON.stringify({ nodes, images: { ...loaded, ...wanted } }));
  return stale;
}
