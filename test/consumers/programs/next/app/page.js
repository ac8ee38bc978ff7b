"use client";
import { useEffect, useState } from "react";
import { digit } from "./digit.js";

export default function Page() {
  const [text, setText] = useState("");
  useEffect(() => {
    digit().then(
      (found) => {
        setText(found);
        document.title = "done";
      },
      (error) => {
        setText(String(error));
        document.title = "failed";
      },
    );
  }, []);
  return text;
}
