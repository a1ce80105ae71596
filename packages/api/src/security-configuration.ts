/** Seccomp profiles. */
export interface SeccompConfiguration {
  /** Profile of launcher pods. */
  virtualMachineInstanceProfile?: VirtualMachineInstanceProfile;
}

/** Profile of launcher pods. */
export interface VirtualMachineInstanceProfile {
  /** Which profile. */
  customProfile?: CustomProfile;
}

/** A seccomp profile. One of the members is set. */
export interface CustomProfile {
  /** File of the node's kubelet that holds the profile. */
  localhostProfile?: string;
  /** Uses the profile of the container runtime. Default: true. */
  runtimeDefaultProfile?: boolean;
}

/** Settings of confidential guests. */
export interface ConfidentialComputeConfiguration {
  /**
   * Intel TDX.
   * @nullable
   */
  tdx?: TDXConfiguration;
}

/** Intel TDX. */
export interface TDXConfiguration {
  /** Attestation of trust domains. */
  attestation?: TDXAttestationConfiguration;
}

/** Attestation of trust domains. */
export interface TDXAttestationConfiguration {
  /** Refuses guests on nodes that cannot attest. Default: false. */
  enforced?: boolean;
  /**
   * Socket of the quote generation service on the node.
   * @default "/var/run/tdx-qgs/qgs.socket"
   */
  qgsSocketPath?: string;
}
