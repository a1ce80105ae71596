import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runEngine } from './engine.ts';

/** Prints the domain XML that libvirt keeps in launcher pods. Files of a pod are read, never followed out of it. */
const domains =
  "find /var/lib/kubelet/pods -path '*empty-dir/run/*' -name '*.xml' -type f -size -1000k | " +
  'while read -r file; do echo "== $file"; cat "$file"; done';

/**
 * Saves what nodes say of themselves: the journal (kubelet, containerd), the container's own output, the domain XML of the
 * VMs on it. What cannot be had is said in its file.
 */
export async function gatherNodeLogs(folder: string, nodes: readonly string[]): Promise<void> {
  for (const node of nodes) {
    const save = async (kind: string, words: string[]): Promise<void> =>
      writeFileSync(join(folder, `${node}.${kind}.txt`), await runEngine(words).catch((error: Error) => error.message));
    await save('journal', ['exec', node, 'journalctl', '--no-pager', '--lines=20000']);
    await save('domains', ['exec', node, 'sh', '-c', domains]);
    await save('console', ['logs', node]);
  }
}
