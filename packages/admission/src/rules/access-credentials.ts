import type { AccessCredential, VirtualMachineInstanceSpec } from '@quickvirt/api';
import { invalid, type Cause } from '../cause.ts';
import type { SpecRule } from './rule.ts';

/** SSH keys and passwords: one type, one source, one way into the guest, and what that way needs. */
export const accessCredentialRules: SpecRule = (spec, path) =>
  (spec.accessCredentials ?? []).flatMap((credential, index) =>
    oneCredential(credential, spec, `${path}.accessCredentials[${index}]`),
  );

function oneCredential(
  { sshPublicKey, userPassword }: AccessCredential,
  spec: VirtualMachineInstanceSpec,
  field: string,
): Cause[] {
  if (Boolean(sshPublicKey) === Boolean(userPassword)) {
    return [
      invalid(
        field,
        `an access credential is an sshPublicKey or a userPassword; this is ${sshPublicKey ? 'both' : 'neither'}`,
      ),
    ];
  }
  return sshPublicKey
    ? keyRules(sshPublicKey, spec, `${field}.sshPublicKey`)
    : passwordRules(userPassword, `${field}.userPassword`);
}

function keyRules(
  { source, propagationMethod }: NonNullable<AccessCredential['sshPublicKey']>,
  spec: VirtualMachineInstanceSpec,
  field: string,
): Cause[] {
  const causes: Cause[] = [];
  if (!source?.secret)
    causes.push(invalid(`${field}.source`, 'an SSH key comes from a Secret: set source.secret.secretName'));
  const methods = (['configDrive', 'noCloud', 'qemuGuestAgent'] as const).filter(
    (method) => propagationMethod?.[method],
  );
  const at = `${field}.propagationMethod`;
  if (methods.length !== 1)
    return [
      ...causes,
      invalid(
        at,
        `one way into the guest is needed, configDrive, noCloud or qemuGuestAgent; there ${methods.length === 0 ? 'is none' : `are ${methods.length}`}`,
      ),
    ];
  const seeds = { configDrive: 'cloudInitConfigDrive', noCloud: 'cloudInitNoCloud' } as const;
  const [method] = methods;
  if (method === 'qemuGuestAgent') {
    if (!propagationMethod.qemuGuestAgent?.users?.length)
      causes.push(
        invalid(`${at}.qemuGuestAgent.users`, 'the guest agent writes keys for users by name; name at least one'),
      );
  } else if (method && !spec.volumes?.some((volume) => volume[seeds[method]])) {
    causes.push(invalid(at, `${method} needs a ${seeds[method]} volume to carry the key; there is none`));
  }
  return causes;
}

function passwordRules(password: AccessCredential['userPassword'], field: string): Cause[] {
  const causes: Cause[] = [];
  if (!password?.source?.secret)
    causes.push(invalid(`${field}.source`, 'a password comes from a Secret: set source.secret.secretName'));
  if (!password?.propagationMethod?.qemuGuestAgent)
    causes.push(
      invalid(
        `${field}.propagationMethod`,
        'a password is set by the guest agent: set propagationMethod.qemuGuestAgent',
      ),
    );
  return causes;
}
