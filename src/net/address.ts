/** Where datagrams come from and go to. */
export interface Address {
  readonly address: string;
  readonly port: number;
}
