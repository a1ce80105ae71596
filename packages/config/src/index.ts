export type { CertificateLifetime, CertificateLifetimes } from './certificates.ts';
export type { ClientLimit, ClientLimits } from './client-limits.ts';
export * from './cluster-config.ts';
export type { Architecture, ContainerResources } from './defaults.ts';
export type { DeveloperConfig, LogVerbosityConfig } from './developer.ts';
export * from './domain-config.ts';
export { type FeatureGate, type FeatureGateStage, featureGateStages } from './feature-gates.ts';
export type { MigrationConfig } from './migrations.ts';
