import { describe, expect, it } from "vitest";
import holders from "../../../contracts/schemas/holders.json";
import { columnNames } from "./columns";
import { factWords } from "./facts";

interface Store {
  readonly store: string;
  readonly personal_data: boolean;
  readonly purpose?: string;
  readonly source?: string | null;
  readonly legal_basis?: string;
  readonly categories?: readonly string[];
  readonly columns?: readonly string[];
  readonly withheld?: readonly string[];
}

const inventories: readonly { holders: readonly { stores: readonly Store[] }[] }[] = Object.values(holders.inventories);
const stores = inventories.flatMap((one) => one.holders.flatMap((holder) => holder.stores));
const personal = stores.filter((store) => store.personal_data);

describe("the inventory in words", () => {
  it("has stores to speak of", () => expect(personal.length).toBeGreaterThan(20));

  it.each(personal)("$store has words for why, from where, on which ground and which kinds of data", (store) => {
    const said = [store.purpose, store.source, store.legal_basis, ...(store.categories ?? [])].filter(Boolean);
    expect(Object.keys(factWords.sv)).toEqual(expect.arrayContaining(said));
  });

  it.each(personal)("$store has words for every column that is shown", (store) => {
    const shown = (store.columns ?? []).filter((column) => !store.withheld?.includes(column));
    expect(Object.keys(columnNames.sv)).toEqual(expect.arrayContaining(shown));
  });
});
