import { ApiError, isNotFound, RetryAfter, Terminal } from '@quickvirt/kube';

/** The API server is busy or was too slow: nothing is wrong with what was asked for. */
const PASSING: readonly number[] = [429, 503, 504];

/**
 * Makes a write whose refusal is the user's to know. Conflicts and AlreadyExists pass as they are: they only mean that the
 * cache was behind. So does what is over in a moment: to show it would cost a busy server another write.
 * @throws Terminal when the namespace is going: nothing can be made there any more, and nobody needs to be told.
 * @throws what `refused` makes of any other refusal of the API server.
 */
export async function refusable<Written>(
  write: () => Promise<Written>,
  refused: (error: ApiError) => Error,
): Promise<Written> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof ApiError) || error.isConflict || error.isAlreadyExists) throw error;
    if (PASSING.includes(error.status)) throw error;
    if (error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating')) {
      throw new Terminal('NamespaceTerminating', 'the namespace is being deleted', { cause: error });
    }
    throw refused(error);
  }
}

/** The cache learns of a deletion within this time; the deletion itself enqueues the object, too. */
const DELETION_SEEN_MS = 1_000;

/**
 * Makes a write to an object that was there when it was read.
 * @throws RetryAfter when it is gone: the cache was behind.
 */
export async function onExisting<Written>(write: () => Promise<Written>): Promise<Written> {
  try {
    return await write();
  } catch (error) {
    if (isNotFound(error)) throw new RetryAfter(DELETION_SEEN_MS, 'the object is gone', { cause: error });
    throw error;
  }
}
