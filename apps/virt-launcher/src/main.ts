import { createLineLogger, type Logger } from '@quickvirt/telemetry';
import { Libvirtd } from './libvirtd.ts';
import { parseOptions } from './options.ts';
import { RecentLines } from './recent-lines.ts';

/** `main.mjs node-capabilities DIR` looks at the node instead of running a guest. */
const [verb, directory] = process.argv.slice(2);
if (verb === 'node-capabilities' && directory) {
  const { writeNodeCapabilities } = await import('./node-capabilities.ts');
  await writeNodeCapabilities(directory, createLineLogger({ component: 'virt-launcher', verbosity: 2 }));
} else {
  process.exit(await runLauncher());
}

async function runLauncher(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  const object = { kind: 'VirtualMachineInstance', namespace: options.namespace, name: options.name, uid: options.uid };
  const recentLog = new RecentLines();
  const write = (line: string): void => {
    process.stderr.write(line);
    if (/"level":"(?:error|warn)"/.test(line)) recentLog.add(line.trimEnd());
  };
  const logger = createLineLogger({ component: 'virt-launcher', verbosity: options.verbosity, write }).child({
    object,
  });
  surviveMistakes(logger);
  const libvirtd = new Libvirtd(options, logger);
  // Starts while the rest of the program is loaded, mostly gRPC, which takes as long as libvirtd does. Whoever needs it
  // calls start as well, and learns of a failure.
  libvirtd.start().catch(() => {});
  const { Launcher } = await import('./launcher.ts');
  const launcher = new Launcher(options, libvirtd, logger, recentLog);
  process.on('SIGTERM', () => launcher.stop());
  process.on('SIGINT', () => launcher.stop());
  return launcher.run();
}

/**
 * The guest lives as long as this process. An error that nobody awaited is a mistake of ours, and not worth a guest: what
 * the launcher does is level-based, so the next event or call puts it right.
 */
function surviveMistakes(logger: Logger): void {
  process.on('uncaughtException', (error) => logger.error('an error was not handled; the launcher goes on', { error }));
}
