import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/** SEV guest policy bits (AMD SEV API specification, chapter 3): no debugging; encrypted register state. */
const sevNoDebug = 0x1;
const sevEncryptedState = 0x4;
/** SEV-SNP guest policy (SEV-SNP firmware ABI, section 4.3): bit 17 is reserved and must be 1, bit 16 allows SMT. */
const snpPolicy = 0x30000;

/** Encrypted guests: SEV, SEV-ES, SEV-SNP, TDX. */
export function launchSecurity({ domain, config }: Context): Element[] {
  const { sev, snp, tdx } = domain.launchSecurity ?? {};
  if (sev !== undefined) {
    const policy = sevNoDebug | (sev.policy?.encryptedState === true ? sevEncryptedState : 0);
    return [
      element(
        'launchSecurity',
        { type: 'sev' },
        element('policy', {}, hex(policy)),
        sev.dhCert !== undefined && element('dhCert', {}, sev.dhCert),
        sev.session !== undefined && element('session', {}, sev.session),
      ),
    ];
  }
  if (snp !== undefined) return [element('launchSecurity', { type: 'sev-snp' }, element('policy', {}, hex(snpPolicy)))];
  if (tdx !== undefined) {
    return [
      element('launchSecurity', { type: 'tdx' }, element('quoteGenerationService', { path: config.tdx.qgsSocketPath })),
    ];
  }
  return [];
}

const hex = (value: number) => `0x${value.toString(16)}`;
