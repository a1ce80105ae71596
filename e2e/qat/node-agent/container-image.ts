import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import type { ContainerMount } from './oci-config.ts';
import { execute } from './execute.ts';

/** What the launcher's image holds that the host's root does not. */
export interface LauncherImage {
  /** Of the image's Dockerfile. */
  entryPoint: string[];
  environment: string[];
  nodePath: string;
  bundlePath: string;
  probePath: string;
  /** Where what libvirt says of QEMU is kept from one boot to the next. */
  capabilitiesPath: string;
}

const IMAGE_ROOT = '/run/launcher-image';
const IMAGE_PARTS = '/run/launcher-image-parts';
const EMULATOR = '/usr/bin/qemu-system-x86_64';
/** What SeaBIOS says about the devices it finds, for the test to read. */
export const FIRMWARE_LOG = '/run/launcher/firmware.log';

/**
 * QEMU with SeaBIOS' debug port in a file (docs/specs of QEMU: `isa-debugcon` at 0x402), so that the firmware's own list
 * of PCI functions can be read. Nothing else differs, and libvirt's questions about QEMU pass through unchanged.
 */
const EMULATOR_WITH_LOG = `#!/bin/sh
case " $* " in
*" -name guest="*)
  set -- "$@" -chardev file,id=firmware,path=${FIRMWARE_LOG} -device isa-debugcon,iobase=0x402,chardev=firmware ;;
esac
exec ${EMULATOR}.bin "$@"
`;

/** The image's user, whom libvirt wants to have a name; on this machine too, whose root the image's is. */
export async function nameLauncherUser(): Promise<void> {
  const add = async (path: string, line: string): Promise<void> => {
    const others = (await readFile(path, 'utf8')).split('\n').filter((text) => !/^[^:]*:[^:]*:107:/.test(text));
    await writeFile(path, `${line}\n${others.join('\n')}`);
  };
  await add('/etc/passwd', 'qemu:x:107:107::/run/launcher:/usr/sbin/nologin');
  await add('/etc/group', 'qemu:x:107:');
}

/** The root and the mounts of a container of the launcher's image. */
export interface PreparedImage {
  rootPath: string;
  mounts: ContainerMount[];
  entryPoint: string[];
  environment: string[];
}

/** Makes the launcher's image out of this machine's root: what its Dockerfile adds is mounted into it. */
export async function prepareImage(image: LauncherImage): Promise<PreparedImage> {
  await mkdir(IMAGE_ROOT, { recursive: true });
  await mkdir(IMAGE_PARTS, { recursive: true });
  await succeed(['mount', '--bind', '/', IMAGE_ROOT]);
  await stat(EMULATOR);
  const mounts = [
    await part(EMULATOR, EMULATOR_WITH_LOG),
    bind(EMULATOR, `${EMULATOR}.bin`),
    bind(image.nodePath, '/usr/local/bin/node'),
    bind(image.bundlePath, '/app/main.mjs'),
    bind(await bakedCapabilities(image), '/etc/quickvirt/capabilities'),
  ];
  return { rootPath: IMAGE_ROOT, mounts, entryPoint: image.entryPoint, environment: image.environment };
}

const bind = (source: string, destination: string): ContainerMount => ({ source, destination, readOnly: true });

async function part(destination: string, text: string): Promise<ContainerMount> {
  const source = `${IMAGE_PARTS}/${destination.replaceAll('/', '_')}`;
  await writeFile(source, text, { mode: 0o755 });
  return bind(source, destination);
}

/**
 * What libvirt says of QEMU, asked once for all pods as the image's build does: kept beside what the node's own question
 * found, because each takes some seconds under TCG and the answer is the same until QEMU or libvirt change.
 */
async function bakedCapabilities({ nodePath, probePath, capabilitiesPath }: LauncherImage): Promise<string> {
  const folder = `${capabilitiesPath}/baked`;
  if (existsSync(folder)) return folder;
  const probe = '/tmp/probe';
  await succeed(['install', '-d', '-o', '107', '-g', '107', probe]);
  await succeed(['setpriv', '--reuid=107', '--regid=107', '--clear-groups', nodePath, probePath, probe], 120_000);
  const found = `${probe}/cache/libvirt/qemu/cache/capabilities`;
  const script = `mkdir -p ${folder}.part && cp ${found}/*.xml ${folder}.part && chmod 644 ${folder}.part/* && mv ${folder}.part ${folder}`;
  await succeed(['sh', '-c', script]);
  return folder;
}

async function succeed(command: string[], timeoutMs = 20_000): Promise<void> {
  const { exitCode, stdout, stderr } = await execute(command, timeoutMs);
  if (exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${exitCode}: ${stdout}${stderr}`);
}
