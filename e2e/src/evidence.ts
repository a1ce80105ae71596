import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { handlerOn } from './node-steps.ts';
import type { StepContext } from './step-context.ts';

/**
 * Leaves behind what one needs to understand a failed case: objects, events, logs of the case's pods and of our own
 * apps, domain XML. Never throws: a case has failed already, and its reason must not be hidden.
 * @returns the folder.
 */
export async function collectEvidence(folder: string, context: StepContext): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const { kubectl, system, namespace } = context;
  const save = async (file: string, args: string[], where = kubectl): Promise<void> => {
    const result = await where
      .try(args, { timeoutMs: 20_000 })
      .catch((error: Error) => ({ stdout: '', stderr: error.message }));
    writeFileSync(join(folder, file), result.stdout + result.stderr);
  };
  await save('objects.yaml', ['get', 'vm,vmi,pod,secret', '-o', 'yaml']);
  await save('pods.txt', ['describe', 'pod']);
  await save('events.txt', ['get', 'events', '--sort-by=.lastTimestamp']);
  await save('system-pods.txt', ['describe', 'pod'], kubectl.in(system));
  for (const app of ['virt-api', 'virt-controller', 'virt-handler']) {
    await save(`${app}.log`, ['logs', '-l', `kubevirt.io=${app}`, '--tail=2000', '--prefix'], kubectl.in(system));
  }
  const names = (
    await kubectl.try([
      'get',
      'pod',
      '-o',
      'jsonpath={range .items[*]}{.metadata.name}/{.metadata.uid}/{.spec.nodeName}{"\\n"}{end}',
    ])
  ).stdout.trim();
  for (const line of names.split('\n').filter(Boolean)) {
    const [pod = '', uid = '', node = ''] = line.split('/');
    await save(`${pod}.log`, ['logs', pod, '--all-containers', '--tail=2000']);
    const handler = await handlerOn(context, node).catch(() => undefined);
    if (!handler) continue;
    const runFolder = `/proc/1/root/var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~empty-dir/run`;
    const script = `find ${runFolder} \\( -name '*.xml' -o -name '*.log' \\) -size -1000k 2>/dev/null | head -50 | while read -r f; do echo "== $f"; tail -c 100000 "$f"; done`;
    await save(
      `${pod}.libvirt.txt`,
      ['exec', handler, '-c', 'virt-handler', '--', 'sh', '-c', script],
      kubectl.in(system),
    );
  }
  writeFileSync(join(folder, 'variables.json'), JSON.stringify({ namespace, ...context.variables }, null, 2));
  return folder;
}
