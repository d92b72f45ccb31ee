import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type PluginOption, type UserConfig } from "vite";

// `MOCK=1` answers /api from made-up data (web/dev/mock); otherwise /api goes to a running `earmark dev`.
async function mockApi(): Promise<PluginOption[]> {
  if (process.env.MOCK !== "1") return [];
  const { mockPlugin } = await import("./dev/mock/plugin.ts");
  return [mockPlugin()];
}

export default defineConfig(
  async ({ command }): Promise<UserConfig> => ({
    base: "./",
    plugins: [react(), tailwindcss(), ...(command === "serve" ? await mockApi() : [])],
    resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
    build: {
      outDir: "../src/earmark/_ui",
      emptyOutDir: true,
      target: "es2022",
      manifest: true,
      assetsDir: "assets-ui",
      chunkSizeWarningLimit: 600,
    },
    server: {
      port: 5173,
      proxy: process.env.MOCK === "1" ? {} : { "/api": process.env.EARMARK_URL ?? "http://127.0.0.1:3000" },
    },
  }),
);
