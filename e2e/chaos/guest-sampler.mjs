// Runs in a pod of each node, with the node's processes in sight: prints a line whenever the set of guests whose QEMU
// runs there changes: {"at": ms since 1970, "guests": ["<namespace>_<name> <uuid> <pid>", ...]}. Until it is killed.
import { readdirSync, readFileSync } from 'node:fs';

const everyMs = 200;
let last = '';

function guestOf(pid) {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
    if (!/qemu/.test(words[0] ?? '')) return undefined;
    const name = /^guest=([^,]+)/.exec(words[words.indexOf('-name') + 1] ?? '')?.[1];
    const uuid = words[words.indexOf('-uuid') + 1];
    // A process that is a zombie has no command line, so it does not count.
    return name && uuid ? `${name} ${uuid} ${pid}` : undefined;
  } catch {
    return undefined; // gone while it was read
  }
}

setInterval(() => {
  const guests = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(guestOf)
    .filter((guest) => guest !== undefined)
    .sort();
  const now = JSON.stringify(guests);
  if (now === last) return;
  last = now;
  console.log(JSON.stringify({ at: Date.now(), guests }));
}, everyMs);
