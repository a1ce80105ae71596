import { createLineLogger } from '@quickvirt/telemetry';
import { Launcher } from './launcher.ts';
import { writeNodeCapabilities } from './node-capabilities.ts';
import { parseOptions } from './options.ts';

/** `main.mjs node-capabilities DIR` looks at the node instead of running a guest. */
const [verb, directory] = process.argv.slice(2);
if (verb === 'node-capabilities' && directory) {
  await writeNodeCapabilities(directory, createLineLogger({ component: 'virt-launcher', verbosity: 2 }));
} else {
  const options = parseOptions(process.argv.slice(2));
  const object = { kind: 'VirtualMachineInstance', namespace: options.namespace, name: options.name, uid: options.uid };
  const logger = createLineLogger({ component: 'virt-launcher', verbosity: options.verbosity }).child({ object });
  const launcher = new Launcher(options, logger);
  process.on('SIGTERM', () => launcher.stop());
  process.on('SIGINT', () => launcher.stop());
  process.exitCode = await launcher.run();
}
