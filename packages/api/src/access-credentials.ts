import type { EmptyObject } from './scalars.ts';

/** A credential that is put into the guest. One of the members is set. */
export interface AccessCredential {
  /** SSH public keys that may log in. */
  sshPublicKey?: SSHPublicKeyAccessCredential;
  /** Passwords of users. */
  userPassword?: UserPasswordAccessCredential;
}

/** A Secret that holds credentials. */
export interface AccessCredentialSecretSource {
  /** Name of the Secret in the same namespace. */
  secretName: string;
}

/** SSH public keys. */
export interface SSHPublicKeyAccessCredential {
  /** How the keys reach the guest. */
  propagationMethod: SSHPublicKeyAccessCredentialPropagationMethod;
  /** Where the keys come from; every value of the Secret is a list of keys. */
  source: SSHPublicKeyAccessCredentialSource;
}

/** How SSH keys reach the guest. One of the members is set. */
export interface SSHPublicKeyAccessCredentialPropagationMethod {
  /** In the metadata of the cloudInitConfigDrive volume, read at boot. */
  configDrive?: EmptyObject;
  /** In the metadata of the cloudInitNoCloud volume, read at boot. */
  noCloud?: EmptyObject;
  /** By the guest agent, while the guest runs and whenever the Secret changes. */
  qemuGuestAgent?: QemuGuestAgentSSHPublicKeyAccessCredentialPropagation;
}

/** Where SSH keys come from. */
export interface SSHPublicKeyAccessCredentialSource {
  /** A Secret. */
  secret?: AccessCredentialSecretSource;
}

/** Passwords of users. */
export interface UserPasswordAccessCredential {
  /** How the passwords reach the guest. */
  propagationMethod: UserPasswordAccessCredentialPropagationMethod;
  /** Where the passwords come from; each key of the Secret is a user, its value the password. */
  source: UserPasswordAccessCredentialSource;
}

/** How passwords reach the guest. */
export interface UserPasswordAccessCredentialPropagationMethod {
  /** By the guest agent, while the guest runs and whenever the Secret changes. */
  qemuGuestAgent?: EmptyObject;
}

/** Where passwords come from. */
export interface UserPasswordAccessCredentialSource {
  /** A Secret. */
  secret?: AccessCredentialSecretSource;
}

/** Keys that the guest agent writes. */
export interface QemuGuestAgentSSHPublicKeyAccessCredentialPropagation {
  /**
   * Users of the guest that get the keys; they must exist.
   * @listType set
   */
  users: string[];
}
