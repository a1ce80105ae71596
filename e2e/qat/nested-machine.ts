import { createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlChannel } from './control-channel.ts';
import { buildInitramfs, SHARE_FOLDER } from './initramfs.ts';
import { nodeKernel } from './kernel.ts';
import { machineArguments } from './machine.ts';

/** A running nested machine, a node of its own. */
export interface NestedMachine {
  control: ControlChannel;
  /** Ends when the machine does, with the reason. */
  ended: Promise<string>;
  stop(): Promise<void>;
}

/** How to boot it. */
export interface BootOptions {
  iommu: boolean;
  /** What the machine may write and the host keeps: logs. Files that the node agent needs are put there. */
  shareFolder: string;
  /** The agent's bundle. */
  agentPath: string;
  /** Environment of the agent. */
  environment: Record<string, string>;
  timeoutMs: number;
}

/**
 * Boots the machine and waits for its agent.
 * @throws Error when that takes too long or the machine ends; its console is `console.log` in the shared folder.
 */
export async function bootNestedMachine(options: BootOptions): Promise<NestedMachine> {
  const kernel = await nodeKernel();
  const folder = mkdtempSync(join(tmpdir(), 'qv-l1-'));
  const { shareFolder } = options;
  mkdirSync(shareFolder, { recursive: true });
  writeFileSync(join(shareFolder, 'start.sh'), startScript(options));
  const controlSocket = join(folder, 'control.sock');
  const args = machineArguments({
    imagePath: kernel.imagePath,
    initramfsPath: await buildInitramfs(kernel, folder),
    shareFolder,
    controlSocket,
    iommu: options.iommu,
  });
  const bound = existsSync('/usr/bin/setpriv') ? ['setpriv', '--pdeathsig', 'KILL'] : [];
  const [program = '', ...words] = [...bound, 'qemu-system-x86_64', ...args];
  const qemu = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const console = createWriteStream(join(shareFolder, 'console.log'));
  qemu.stdout.pipe(console, { end: false });
  qemu.stderr.pipe(console, { end: false });
  const closed = once(qemu, 'close');
  const ended = closed.then(([code]) => `QEMU ended with ${String(code)}; see ${join(shareFolder, 'console.log')}`);
  const stop = async (): Promise<void> => {
    qemu.kill('SIGKILL');
    await closed;
    console.end();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const control = await orEnded(ControlChannel.connect(controlSocket), ended);
    await orEnded(control.call('hello', {}, options.timeoutMs), ended);
    return { control, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function orEnded<T>(promise: Promise<T>, ended: Promise<string>): Promise<T> {
  return Promise.race([
    promise,
    ended.then((reason): never => {
      throw new Error(`the nested machine is gone: ${reason}`);
    }),
  ]);
}

/** Where processes in pods find their service account's login. */
const LOGIN_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

function startScript({ environment, agentPath }: BootOptions): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  return [
    'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/run LC_ALL=C',
    ...Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)}`),
    'mount --make-rshared /',
    `mkdir -p ${LOGIN_FOLDER} && mount --bind ${SHARE_FOLDER}/logins/node-agent ${LOGIN_FOLDER}`,
    // Orphans need a first process that reaps them. When it ends, the kernel panics, and QEMU ends.
    `exec tini -- ${quoted(process.execPath)} ${quoted(agentPath)} > ${SHARE_FOLDER}/node-agent.log 2>&1`,
    '',
  ].join('\n');
}
