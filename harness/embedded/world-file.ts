/**
 * What a world writes to `world.json` in its directory before anything else: whoever finds the file can speak to it.
 * POST `/` answers `here`; `/freeze` and `/thaw` take `cluster` and `part`; `/install` and
 * `/uninstall` take `cluster` and `revision`; `/end` ends it.
 */
export interface WorldFile {
  readonly pid: number;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Bearer token of that address. */
  readonly token: string;
}

/** What a world tells its parent while it rises. */
export type WorldMessage =
  | {
      /** An API server answers. */
      readonly type: 'cluster';
      readonly name: string;
      readonly kubeconfig: string;
      readonly server: string;
    }
  /** The mesh is complete in all clusters. */
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly message: string };
