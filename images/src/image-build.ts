import { copyFileSync, existsSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  contentHash,
  debianRoot,
  hasImage,
  registryAnswers,
  runEngine,
  Stamp,
  cacheFolder,
  withBuildLock,
} from '@quickvirt/cluster';
import { bundleApp, bundleFile } from '../../tools/bundle.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const publicBase = 'debian:bookworm-slim';

/** Where the images of this checkout are tagged. */
export const imageName = (name: string): string => `localhost/quickvirt/${name}:dev`;

/** The base of every image: the public one, or where no registry answers the same made from Debian packages. */
export async function baseImage(): Promise<string> {
  if ((await hasImage(publicBase)) || (await registryAnswers())) return publicBase;
  const root = await debianRoot('slim', []);
  const image = `localhost/quickvirt/debian:${contentHash([root.split('/').at(-1) ?? ''])}`;
  if (!(await hasImage(image))) await runEngine(['import', '--quiet', root, image]);
  return image;
}

async function imageId(image: string): Promise<string | undefined> {
  return runEngine(['image', 'inspect', '--format', '{{.Id}}', image]).then(
    (id) => id.trim(),
    () => undefined,
  );
}

/** Makes an image unless the inputs are those it was made from. Returns whether it was made. */
export async function unlessFresh(name: string, hash: string, make: () => Promise<void>): Promise<boolean> {
  const stamp = new Stamp(join(cacheFolder('images'), name));
  const fresh = async (): Promise<boolean> => stamp.matches(hash) && (await hasImage(imageName(name)));
  if (await fresh()) return false;
  return withBuildLock(`image-${name}`, async () => {
    if (await fresh()) return false;
    const before = await imageId(imageName(name));
    await make();
    stamp.write(hash);
    // The one it replaces has lost its name. Layers that the new one shares stay; so does an image in use.
    if (before && before !== (await imageId(imageName(name)))) await runEngine(['rmi', before]).catch(() => undefined);
    return true;
  });
}

/**
 * Builds the image of an app from its bundle and its Dockerfile.
 * @returns whether there was something to do.
 */
export async function buildAppImage(app: string, base: string): Promise<boolean> {
  const bundle = await bundleApp(app);
  const context = join(folder, '..', 'out', 'images', app);
  const inputs = [bundle, join(folder, app)];
  if (app === 'virt-launcher')
    inputs.push(
      await bundleFile(join(folder, 'src', 'probe-capabilities.ts'), join(folder, 'dist', 'probe-capabilities.mjs')),
    );
  return unlessFresh(app, contentHash([base, process.version], inputs), async () => {
    rmSync(context, { recursive: true, force: true });
    mkdirSync(context, { recursive: true });
    place(process.execPath, join(context, 'node'));
    for (const file of inputs.filter((path) => path.endsWith('.mjs')))
      copyFileSync(
        file,
        join(context, file.endsWith('probe-capabilities.mjs') ? 'probe-capabilities.mjs' : 'main.mjs'),
      );
    await runEngine([
      'build',
      '--network=host',
      '--layers',
      '--build-arg',
      `BASE=${base}`,
      '--tag',
      imageName(app),
      '--file',
      join(folder, app, 'Dockerfile'),
      context,
    ]);
    rmSync(context, { recursive: true, force: true });
  });
}

/** Node's binary is large: a hard link where the file system allows. */
function place(from: string, to: string): void {
  if (existsSync(to)) return;
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
