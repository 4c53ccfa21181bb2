export { Builder, type BuilderLimits, type BuilderOptions, type BuildOptions, type PlanOptions } from './builder.ts';
export { credentialsFromSecret, type SecretContent } from './credentials.ts';
export { createEngine, type EngineOptions } from './docker-engine.ts';
export type { Engine, EngineInfo } from './engine.ts';
export { readCertificates } from './engine-certificates.ts';
export { registryAddress } from './names.ts';
export { createRegistryClient, type Registry, type RegistryClient, type RegistryOptions } from './registry-client.ts';
export { mayPush, type ProbeResult, probePush } from './registry-probe.ts';
export type * from './types.ts';
