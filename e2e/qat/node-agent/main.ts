/** Runs in the nested machine: the kubelet's and the container runtime's part, and the host's hand there. */
import { mkdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { Informer, KubeClient, pods, type Pod } from '@quickvirt/kube';
import { FakeKubelet } from '../../../packages/testing/src/fake-kubelet.ts';
import { SHARE_FOLDER } from '../initramfs.ts';
import type { NodeConfig } from '../node-config.ts';
import { nameLauncherUser, prepareImage } from './container-image.ts';
import { serveCalls } from './control-server.ts';
import { execute } from './execute.ts';
import { guestViews } from './guest-views.ts';
import { NodeObject } from './node-object.ts';
import { PodRunner, type PodPorts } from './pod-runner.ts';
import { ResourceClaims } from './resource-claims.ts';
import { handlerMetrics, VirtHandler } from './virt-handler.ts';

const config = JSON.parse(readFileSync(`${SHARE_FOLDER}/node.json`, 'utf8')) as NodeConfig;
await nameLauncherUser();
const virtHandler = new VirtHandler(config);
const runners = new Map<string, PodRunner>();

const heldBy = (uid: string) => ({ ...runners.get(uid)?.allocated, ...claims.held(uid) });

const calls = serveCalls({
  hello: async () => ({ release: release() }),
  execute: ({ command, timeoutMs }) => execute(command, timeoutMs),
  guest: async ({ podUid, domain, attachPodUids }) => ({
    ...(await guestViews(podUid, domain)),
    allocated: Object.assign({}, ...[podUid, ...attachPodUids].map(heldBy)) as Record<string, string[]>,
  }),
  metrics: async () => ({ text: await handlerMetrics() }),
  startHandler: ({ args, timeoutMs }) => virtHandler.start(args, timeoutMs),
  stopHandler: async ({ signal }) => {
    await virtHandler.stop(signal);
    return {};
  },
});

const client = await KubeClient.load({ userAgent: 'node-agent' });
const kubelet = new FakeKubelet({
  pluginDirectory: '/var/lib/kubelet/device-plugins',
  podResourcesDirectory: '/var/lib/kubelet/pod-resources',
});
await kubelet.start();
await new NodeObject(client, kubelet, config.nodeName).start();
const logFolder = `${SHARE_FOLDER}/pods`;
mkdirSync(logFolder, { recursive: true });
const claims = new ResourceClaims(client);
claims.start();
const ports: PodPorts = {
  client,
  kubelet,
  image: await prepareImage(config.launcherImage),
  volumes: { guestDiskPath: config.guestDiskPath },
  claims,
  logFolder,
};
const informer = new Informer(client, pods, { fieldSelector: `spec.nodeName=${config.nodeName}` });
const changed = (pod: Pod): void => {
  const uid = pod.metadata.uid ?? '';
  const running = runners.get(uid);
  if (running) return running.changed(pod);
  if (pod.metadata.namespace === config.namespace) return; // virt-handler's own pod, which the host started
  const runner = new PodRunner(pod, ports);
  runners.set(uid, runner);
  runner.run().catch((error: unknown) => console.error('a pod could not be run', error));
  runner.changed(pod);
};
informer.subscribe((change) => {
  if (change.type === 'applied') changed(change.object);
  else runners.delete(change.object.metadata.uid ?? '');
});
void informer.run(new AbortController().signal);
console.log('the node agent runs');
await calls;
