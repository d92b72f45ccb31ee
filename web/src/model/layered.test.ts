import { expect, it } from "vitest";
import { type LayeredItem, layered } from "./layered";

const OPTIONS = { width: 200, gapX: 60, gapY: 20, mostInLane: 10, aspect: 1.6 };
const item = (id: string, rank: number, order = 0): LayeredItem => ({ id, rank, order, height: 60 });
const at = (places: Map<string, { x: number; y: number }>, id: string) => {
  const place = places.get(id);
  if (!place) throw new Error(`${id} has no place`);
  return place;
};

it("sets ranks from left to right and a rank's nodes below each other", () => {
  const places = layered([item("b", 1, 1), item("a", 0), item("c", 1, 0)], OPTIONS);
  expect(at(places, "a").x).toBeLessThan(at(places, "b").x);
  expect(at(places, "c").x).toBe(at(places, "b").x);
  expect(at(places, "c").y + 60).toBeLessThanOrEqual(at(places, "b").y);
});

it("breaks a long chain into rows", () => {
  const chain = Array.from({ length: 30 }, (_, i) => item(`n${i}`, i));
  const places = layered(chain, OPTIONS);
  const width = Math.max(...[...places.values()].map((place) => place.x + 200));
  const height = Math.max(...[...places.values()].map((place) => place.y + 60));
  expect(width / height).toBeLessThan(4);
  expect(new Set([...places.values()].map((place) => place.y)).size).toBeGreaterThan(3);
});

it("never lays one node on another", () => {
  const items = Array.from({ length: 200 }, (_, i) => item(`n${i}`, (i * 7) % 13, i));
  const places = [...layered(items, OPTIONS).values()];
  for (const [index, a] of places.entries()) {
    for (const b of places.slice(index + 1)) {
      expect(Math.abs(a.x - b.x) >= 200 || Math.abs(a.y - b.y) >= 60).toBe(true);
    }
  }
});

it("has nothing to say about nothing", () => expect(layered([], OPTIONS).size).toBe(0));
