import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NestedContext } from './context.ts';

/** What the machine shows of its devices and processes. */
const NODE_LOOKS = {
  'devices.txt':
    'cd /sys/bus/pci/devices; for d in *; do echo "$d $(cat $d/vendor) $(cat $d/device) driver=$(basename $(readlink $d/driver 2>/dev/null) 2>/dev/null) group=$(basename $(readlink $d/iommu_group 2>/dev/null) 2>/dev/null) numa=$(cat $d/numa_node)"; done; ls -l /dev/vfio',
  'dmesg.txt': 'dmesg | tail -300',
  'processes.txt': 'ps -ef',
  'launcher-files.txt':
    'find /var/lib/kubelet/pods \\( -name \'*.xml\' -o -name \'*.log\' \\) -size -1000k | head -50 | while read -r f; do echo "== $f"; tail -c 100000 "$f"; done',
  'checkpoints.txt': 'find /var/lib/quickvirt /var/run/cdi -type f | while read -r f; do echo "== $f"; cat "$f"; done',
};

/**
 * Leaves behind what one needs to understand a failed case: objects, events, what the machine shows. Consoles and logs of
 * the machine are beside it anyway. Never throws: a case has failed already, and its reason must not be hidden.
 * @returns the folder.
 */
export async function collectNestedEvidence(folder: string, context: NestedContext): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const { kubectl, machine } = context;
  const save = (file: string, text: string): void => writeFileSync(join(folder, file), text);
  const looks: Record<string, string[]> = {
    'objects.yaml': ['get', 'vm,vmi,pod,resourceclaim', '-o', 'yaml'],
    'events.txt': ['get', 'events', '-A', '--sort-by=.lastTimestamp'],
    'node.yaml': ['get', 'node,resourceslice,kubevirt', '-A', '-o', 'yaml'],
  };
  for (const [file, args] of Object.entries(looks)) {
    const result = await kubectl
      .try(args, { timeoutMs: 20_000 })
      .catch((error: Error) => ({ stdout: '', stderr: error.message }));
    save(file, result.stdout + result.stderr);
  }
  for (const [file, script] of Object.entries(NODE_LOOKS)) {
    const ask = { command: ['bash', '-c', script], timeoutMs: 20_000 };
    const seen = await machine.control
      .call('execute', ask, 30_000)
      .catch((error: Error) => ({ stdout: '', stderr: error.message }));
    save(file, seen.stdout + seen.stderr);
  }
  save('variables.json', JSON.stringify(context.variables, null, 2));
  return folder;
}
