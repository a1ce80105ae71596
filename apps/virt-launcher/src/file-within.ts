import { realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** The real path of a mounted image. @throws Error when nothing is mounted there. */
export function mountedImage(directory: string): Promise<string> {
  return realpath(directory).catch((cause: unknown) => {
    throw new Error(`the image is not mounted at ${directory}`, { cause });
  });
}

/**
 * The real path of a file in a mounted image. Links are followed within the image only, so that an image cannot hand the
 * guest another file of the pod.
 * @throws Error when the image is not mounted, or has no such file, or it points out of the image.
 */
export async function fileWithin(directory: string, wanted: string): Promise<string> {
  const root = await mountedImage(directory);
  const path = await realpath(join(root, wanted)).catch((cause: unknown) => {
    throw new Error(`the image has no file ${wanted}`, { cause });
  });
  if (relative(root, path).startsWith('..')) throw new Error(`${wanted} points out of the image`);
  if (!(await stat(path)).isFile()) throw new Error(`${wanted} in the image is no file`);
  return path;
}
