/**
 * `npm run images [-- NAME...] [--list]`: builds the images of the apps and the guest, those only whose inputs changed.
 */
import { parseArgs } from 'node:util';
import { Progress } from '@quickvirt/cluster';
import { apps } from '../../tools/bundle.ts';
import { buildGuestImage } from './guest.ts';
import { baseImage, buildAppImage, imageName } from './image-build.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { list: { type: 'boolean', default: false } },
});
const all = [...apps, 'guest'];
const unknown = positionals.filter((name) => !all.includes(name));

if (values.list) {
  for (const name of all) console.log(imageName(name));
} else if (unknown.length > 0) {
  console.error(`images: no image ${unknown.join(', ')}; there are: ${all.join(', ')}`);
  process.exitCode = 2;
} else {
  const wanted = positionals.length > 0 ? positionals : all;
  const progress = new Progress(wanted.length + 1);
  try {
    const base = await progress.step('base image', baseImage);
    for (const name of wanted) {
      await progress.step(imageName(name), () =>
        name === 'guest' ? buildGuestImage(base) : buildAppImage(name, base),
      );
    }
  } catch (error) {
    console.error(`images: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
