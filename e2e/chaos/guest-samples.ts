/** What the samplers of all nodes saw, put together. Pure. */

/** The set of QEMUs on one node from a moment on. */
export interface Sample {
  node: string;
  /** Milliseconds since 1970, by the node's clock. */
  at: number;
  /** `<namespace>_<name> <uuid> <pid>` each. */
  guests: readonly string[];
}

/** Two QEMUs of one machine at one time. */
export interface Duplicate {
  guest: string;
  at: number;
  where: readonly string[];
}

/** The lines of one sampler's log; lines that are no samples are left out. */
export function samplesOf(node: string, log: string): Sample[] {
  return log.split('\n').flatMap((line) => {
    if (!line.startsWith('{"at":')) return [];
    return [{ node, ...(JSON.parse(line) as Omit<Sample, 'node'>) }];
  });
}

/**
 * Every moment at which a machine had more than one QEMU, on one node or on two: by its name, because a machine keeps it
 * over its instances. The nodes' clocks must be one, as they are on one machine.
 */
export function duplicates(samples: readonly Sample[]): Duplicate[] {
  const current = new Map<string, readonly string[]>();
  const found: Duplicate[] = [];
  for (const { node, at, guests } of samples.toSorted((a, b) => a.at - b.at)) {
    current.set(node, guests);
    const whereByGuest = new Map<string, string[]>();
    for (const [place, running] of current) {
      for (const guest of running) {
        const [name = '', , pid = ''] = guest.split(' ');
        whereByGuest.set(name, [...(whereByGuest.get(name) ?? []), `${place} pid ${pid}`]);
      }
    }
    for (const [guest, where] of whereByGuest) if (where.length > 1) found.push({ guest, at, where });
  }
  return found;
}
