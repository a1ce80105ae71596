import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { runEngine } from './engine.ts';

/** Two seconds tell a network without a registry from a slow one well enough: what follows takes minutes either way. */
const probeTimeoutMs = 2000;

/** The file for clusters on machines that reach a registry. */
export const publicKindConfig = fileURLToPath(new URL('../../e2e/kind.yaml', import.meta.url));

/** The node image that `e2e/kind.yaml` names, by digest. */
export function publicNodeImage(): string {
  const { nodes } = parse(readFileSync(publicKindConfig, 'utf8')) as { nodes: { image: string }[] };
  return nodes[0]?.image ?? '';
}

/** Whether the registry of public images answers: what it says does not matter, only that it is there. */
export async function registryAnswers(): Promise<boolean> {
  return fetch('https://registry-1.docker.io/v2/', { signal: AbortSignal.timeout(probeTimeoutMs) }).then(
    () => true,
    () => false,
  );
}

/** Whether the engine has an image already. */
export async function hasImage(image: string): Promise<boolean> {
  return runEngine(['image', 'inspect', image]).then(
    () => true,
    () => false,
  );
}
