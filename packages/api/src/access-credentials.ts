import type { EmptyObject } from './scalars.ts';

export interface AccessCredential {
  sshPublicKey?: SSHPublicKeyAccessCredential;
  userPassword?: UserPasswordAccessCredential;
}

export interface AccessCredentialSecretSource {
  secretName: string;
}

export interface SSHPublicKeyAccessCredential {
  propagationMethod: SSHPublicKeyAccessCredentialPropagationMethod;
  source: SSHPublicKeyAccessCredentialSource;
}

export interface SSHPublicKeyAccessCredentialPropagationMethod {
  configDrive?: EmptyObject;
  noCloud?: EmptyObject;
  qemuGuestAgent?: QemuGuestAgentSSHPublicKeyAccessCredentialPropagation;
}

export interface SSHPublicKeyAccessCredentialSource {
  secret?: AccessCredentialSecretSource;
}

export interface UserPasswordAccessCredential {
  propagationMethod: UserPasswordAccessCredentialPropagationMethod;
  source: UserPasswordAccessCredentialSource;
}

export interface UserPasswordAccessCredentialPropagationMethod {
  qemuGuestAgent?: EmptyObject;
}

export interface UserPasswordAccessCredentialSource {
  secret?: AccessCredentialSecretSource;
}

export interface QemuGuestAgentSSHPublicKeyAccessCredentialPropagation {
  /** @listType set */
  users: string[];
}
