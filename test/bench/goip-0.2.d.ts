/** What the benchmark uses of the npm package `goip` 0.2.0, which comes without types. */
declare module 'goip' {
  import type { Socket } from 'node:dgram';

  interface Server {
    run(): void;
    close(): void;
    onReceive(callback: (message: unknown) => void): void;
    onServerListening(callback: (this: Socket) => void): void;
  }
  export const ServerFactory: { make(port: number, options: { readonly address: string }): Server };
}
