/** The text of each file that the editor reads, by its path in the package. */
export function pagesOf(root: string): Promise<Map<string, string>>;
