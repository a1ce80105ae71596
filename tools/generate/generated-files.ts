/** Text of each generated file, by its path from the root of the repository. */
export type GeneratedFiles = Record<string, string>;

/** Makes a group of files; it writes nothing itself. */
export type Generator = (repository: string) => Promise<GeneratedFiles>;
