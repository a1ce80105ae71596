import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '@quickvirt/host';
import type { PreparedClaim } from './claim-allocation.ts';

const FILE = 'claims.json';
const VERSION = 1;

/** The claims that are prepared on this node, on disk: what it said last is there after a crash. */
export class ClaimCheckpoint {
  readonly #directory: string;
  #claims: ReadonlyMap<string, PreparedClaim> = new Map();

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * @param directory of virt-handler's own, which is made when it is not there.
   * @throws Error when the file cannot be read or is of a newer version.
   */
  static async open(directory: string): Promise<ClaimCheckpoint> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const checkpoint = new ClaimCheckpoint(directory);
    const text = await readFile(join(directory, FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text !== undefined) checkpoint.#claims = parse(text, join(directory, FILE));
    return checkpoint;
  }

  /** By UID. */
  get claims(): ReadonlyMap<string, PreparedClaim> {
    return this.#claims;
  }

  /** Keeps a claim; on disk when it resolves. */
  put(claim: PreparedClaim): Promise<void> {
    return this.#write(new Map(this.#claims).set(claim.uid, claim));
  }

  /** Forgets a claim; on disk when it resolves. */
  async remove(uid: string): Promise<void> {
    if (!this.#claims.has(uid)) return;
    const claims = new Map(this.#claims);
    claims.delete(uid);
    await this.#write(claims);
  }

  async #write(claims: ReadonlyMap<string, PreparedClaim>): Promise<void> {
    const text = JSON.stringify({ version: VERSION, claims: [...claims.values()] });
    await writeDurably(join(this.#directory, FILE), `${text}\n`);
    this.#claims = claims;
  }
}

function parse(text: string, path: string): ReadonlyMap<string, PreparedClaim> {
  const { version, claims } = JSON.parse(text) as { version: unknown; claims: PreparedClaim[] };
  if (version !== VERSION)
    throw new Error(`${path} is of version ${String(version)}, this virt-handler knows ${VERSION}: run a newer one`);
  return new Map(claims.map((claim) => [claim.uid, claim]));
}
