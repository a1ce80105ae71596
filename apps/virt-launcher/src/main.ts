import { createLineLogger } from '@quickvirt/telemetry';
import { Launcher } from './launcher.ts';
import { parseOptions } from './options.ts';

const options = parseOptions(process.argv.slice(2));
const object = { kind: 'VirtualMachineInstance', namespace: options.namespace, name: options.name, uid: options.uid };
const logger = createLineLogger({ component: 'virt-launcher', verbosity: options.verbosity }).child({ object });
const launcher = new Launcher(options, logger);
process.on('SIGTERM', () => launcher.stop());
process.on('SIGINT', () => launcher.stop());
process.exitCode = await launcher.run();
