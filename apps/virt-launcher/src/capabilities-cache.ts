import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@quickvirt/telemetry';

/**
 * libvirt asks an emulator what it can do once (0.4 s) and keeps the answer, as long as the change times of the emulator
 * and of libvirt match. A change time is when the node unpacked the image, so an answer baked into the image never
 * matches: with the times of this pod filled in, it does.
 */
export interface CapabilitiesCacheOptions {
  /** Where the image has its baked answers, one XML a file, named as libvirt names them. */
  bakedDirectory: string;
  /** `$XDG_CACHE_HOME/libvirt/qemu/cache/capabilities`. */
  cacheDirectory: string;
  /** libvirtd and its drivers: the newest change time of these is libvirt's own. */
  libvirtFiles: string[];
}

/** Fills the cache before libvirtd starts. What cannot be used is left out: libvirt then asks the emulator itself. */
export async function warmCapabilitiesCache(options: CapabilitiesCacheOptions, logger: Logger): Promise<void> {
  const names = await readdir(options.bakedDirectory).catch(() => []);
  const baked = names.filter((name) => name.endsWith('.xml'));
  if (baked.length === 0) return;
  try {
    await mkdir(options.cacheDirectory, { recursive: true });
    const changeTimes = await Promise.all(options.libvirtFiles.map(changeTimeSeconds));
    const libvirtChangeTime = Math.max(...changeTimes);
    for (const name of baked) {
      const xml = await readFile(join(options.bakedDirectory, name), 'utf8');
      const emulator = /<emulator>([^<]+)<\/emulator>/.exec(xml)?.[1];
      if (emulator === undefined) throw new Error(`${name} names no emulator`);
      const filled = withChangeTimes(xml, await changeTimeSeconds(emulator), libvirtChangeTime);
      await writeFile(join(options.cacheDirectory, name), filled);
    }
  } catch (error) {
    logger.warn('baked capabilities are not used; libvirt asks QEMU itself, which takes longer', { error });
  }
}

/** Puts the change times, in whole seconds, into a cache file of libvirt. */
export function withChangeTimes(xml: string, emulatorSeconds: number, libvirtSeconds: number): string {
  return xml
    .replace(/<qemuctime>\d+/, `<qemuctime>${emulatorSeconds}`)
    .replace(/<selfctime>\d+/, `<selfctime>${libvirtSeconds}`);
}

async function changeTimeSeconds(path: string): Promise<number> {
  return Math.floor((await stat(path)).ctimeMs / 1000);
}
