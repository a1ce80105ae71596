import type { Finding } from './finding.ts';
import type { QatInventory } from './inventory.ts';

/** What the condition of a Node says of its cards. */
export interface NodeHealth {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** A condition is read by people, and kept by the API server with each heartbeat of the node. */
const MAX_MESSAGE_CHARACTERS = 1024;

/**
 * Whether all cards of a node can be given to guests, and if not, why and what to do; undefined for a node without cards
 * and without a finding, which has nothing to say. Warnings alone leave it healthy. Pure.
 */
export function nodeHealth({ physicalFunctions, virtualFunctions, findings }: QatInventory): NodeHealth | undefined {
  if (physicalFunctions.length + virtualFunctions.length + findings.length === 0) return undefined;
  const errors = findings.filter(({ severity }) => severity === 'error');
  const [first] = errors.length > 0 ? errors : findings;
  if (!first) {
    const usable = virtualFunctions.filter((vf) => vf.usable).length;
    return {
      status: 'True',
      reason: 'Healthy',
      message: `${physicalFunctions.length} cards, ${usable} of ${virtualFunctions.length} virtual functions are usable`,
    };
  }
  const message = (errors.length > 0 ? errors : findings).map(describeFinding).join(' ');
  return { status: errors.length > 0 ? 'False' : 'True', reason: first.code, message: cut(message) };
}

/** A finding as one or two sentences: what it is about, what is the case, what to do. */
export function describeFinding({ code, subject, cause, remedy }: Finding): string {
  return `${code} (${subject}): ${cause.replace(/\.$/, '')}. ${remedy}`;
}

function cut(text: string): string {
  return text.length <= MAX_MESSAGE_CHARACTERS ? text : `${text.slice(0, MAX_MESSAGE_CHARACTERS - 1)}…`;
}
