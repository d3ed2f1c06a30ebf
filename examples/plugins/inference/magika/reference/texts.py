"""Templates of files of text, for corpus.py: what comes first, what comes several times, what comes
last. Maker.text says what the signs stand for."""

# Languages and formats of text.
TEXTS = {
    "python": """
\"\"\"§s\"\"\"
import os
from §w import §T
----

class §T(§3):
    def §n(self, §w, *, §w=§d):
        # §s
        for §w in range(§d):
            if self.§w[§w] is None:
                raise ValueError(f"§s {§w}")
        return [§w.§w for §w in self.§n() if §w > §f]
----
if __name__ == "__main__":
    §1()
""",
    "javascript": """
'use strict';
const §1 = require('§w');
----
async function §c(§w, { §w = §d } = {}) {
  const §w = await §1.§w(`§w/${§w}`);
  // §s
  return §w.map((§w) => §w.§w !== undefined && §w.§w > §f).filter(Boolean);
}
----
module.exports = { §c, §c };
""",
    "typescript": """
import { §T, type §3 } from "./§w";
----
export interface §T<T extends §3> {
  readonly §w: string;
  §w?: Map<string, number[]>;
}
export function §c(§w: §3, §w: number = §d): Promise<§T> {
  return new Promise((resolve) => resolve(§w as unknown as §T));
}
----
export default §1;
""",
    "go": """
// Package §w §s
package §w

import (
	"context"
	"fmt"
)
----

// §T §s
type §T struct {
	§T map[string]*§3 `json:"§w,omitempty"`
}

func (§w *§T) §T(ctx context.Context, §w []byte) (int, error) {
	if len(§w) == 0 {
		return §d, fmt.Errorf("§w: %w", err§T)
	}
	return §d, nil
}
----
""",
    "rust": """
//! §s
use std::collections::HashMap;
----

#[derive(Debug, Clone)]
pub struct §T<'a> {
    §w: &'a [u8],
    §n: Option<HashMap<String, u32>>,
}

impl<'a> §T<'a> {
    pub fn §n(&mut self, §w: usize) -> Result<§3, Box<dyn std::error::Error>> {
        let §w = self.§w.iter().map(|§w| §w + §d).sum::<u64>();
        match §w { 0..=§d => Ok(§3::default()), _ => Err("§s".into()) }
    }
}
----
""",
    "c": """
/* §s */
#include <stdio.h>
#include "§w.h"
#define §n §d
----

static int §n(struct §w *§w, const char *§w, size_t len)
{
	for (int i = 0; i < §d; i++) {
		if (!§w->§w[i])
			return -1; /* §s */
		printf("%d %s\\n", i, §w);
	}
	return §n(§w, NULL, len);
}
----
""",
    "cpp": """
#include <memory>
#include <vector>
namespace §w {
----
template <typename T>
class §T : public §3 {
 public:
  explicit §T(std::vector<T> §w) : §w_(std::move(§w)) {}
  virtual ~§T() = default;
  auto §c() const -> std::unique_ptr<T> { return std::make_unique<T>(§w_.at(§d)); }
 private:
  std::vector<T> §w_;
};
----
}  // namespace §w
""",
    "java": """
package org.§w.§w;

import java.util.List;
----
/** §s */
public final class §T extends §3 implements Comparable<§T> {
    private final List<String> §c = new java.util.ArrayList<>();

    @Override
    public int compareTo(§T §w) {
        return Integer.compare(§d, §w.§c.size());
    }
}
----
""",
    "kotlin": """
package org.§w.§w
----
data class §T(val §w: String, var §c: List<Int> = emptyList()) : §3() {
    override fun §c(§w: Int): String? = when (§w) {
        in 0..§d -> "§s"
        else -> null
    }
}
----
""",
    "scala": """
package org.§w
import scala.collection.mutable
----
case class §T(§w: String, §w: Int = §d) extends §3 {
  def §c[A](§w: Seq[A])(implicit §w: Ordering[A]): Option[A] = §w match {
    case Nil => None
    case head +: _ => Some(head)
  }
}
----
object §T extends App { println(s"§s ${§1}") }
""",
    "swift": """
import Foundation
----
final class §T: §3 {
    private let §w: [String: Int]
    init?(§w: [String: Int]) {
        guard let §w = §w["§w"], §w > §d else { return nil }
        self.§w = §w
    }
    func §c(_ §w: Int) -> String? { "\\(§w) §s" }
}
----
""",
    "ruby": """
# frozen_string_literal: true
require '§w'
----
module §T
  class §T < §3
    attr_reader :§w, :§n
    def §n(§w, §w: §d)
      §w.each_with_index.map { |§w, i| "#{§w}: #{i}" unless §w.nil? }
    end
  end
end
----
""",
    "perl": """
#!/usr/bin/perl
use strict;
use warnings;
----
sub §n {
    my ($§w, %§w) = @_;
    foreach my $§w (sort keys %§w) {
        next unless $§w =~ m/^§w\\s+(\\d+)$/;
        print "$1: $§w{$§w}\\n";
    }
    return \\@{$§w->{§w}};
}
----
1;
""",
    "php": """
<?php
namespace §T\\§T;
----
final class §T extends §3
{
    public function __construct(private array $§w = ['§w' => §d]) {}
    public function §c(?string $§w): ?int
    {
        foreach ($this->§w as $§w => $§w) { echo "§s {$§w}\\n"; }
        return isset($§w) ? strlen($§w) : null;
    }
}
----
""",
    "lua": """
local §1 = require("§w")
----
-- §s
function §1:§n(§w, ...)
  local §w = { §w = §d, [§d] = "§w" }
  for k, v in pairs(§w) do
    if v ~= nil then table.insert(self.§w, k .. ": " .. tostring(v)) end
  end
  return §w
end
----
return §1
""",
    "r": """
library(§w)
----
# §s
§w.§w <- function(§w, §w = §d, ...) {
  §w <- data.frame(§w = c(§f, §f, §f), §w = rep("§w", 3))
  summary(lm(§w ~ §w, data = §w))
  §w$§w[is.na(§w$§w)] <- NULL
}
----
""",
    "julia": """
module §T
using LinearAlgebra
----
struct §T{N<:Number} <: Abstract§3
    §w::Vector{N}
end
function §n(§w::§T{N}, §w; §w=§f) where {N}
    @assert length(§w.§w) > §d "§s"
    return §w.§w .* §w .+ §w'
end
----
end
""",
    "haskell": """
{-# LANGUAGE LambdaCase #-}
module Data.§T (§1) where
import qualified Data.Map as M
----
data §T a = §T { §c :: !a, §c :: [Int] } deriving (Eq, Show)
-- | §s
§c :: Ord a => §T a -> M.Map a Int -> Maybe Int
§c §w m = case M.lookup (§c §w) m of
  Just n | n > §d -> pure (n + §d)
  _ -> Nothing
----
""",
    "ocaml": """
open §T
----
(* §s *)
type §w = { §w : int; §n : string list option }
let rec §n ?(§w = §d) = function
  | [] -> None
  | { §w; _ } :: rest when §w > §d -> Some (Printf.sprintf "%d" §w)
  | _ :: rest -> §n ~§w rest
----
""",
    "erlang": """
-module(§2).
-export([§n/1]).
----
%% §s
§n([{§w, §T} | Rest]) when §T > §d ->
    case lists:keyfind(§w, 1, Rest) of
        {§w, V} -> {ok, V};
        false -> {error, §n}
    end;
§n([]) -> ok.
----
""",
    "elixir": """
defmodule §T.§T do
  @moduledoc "§s"
  use GenServer
----
  def §n(%{§w: §w} = state, opts \\\\ []) do
    §w
    |> Enum.map(fn {k, v} -> {k, v * §d} end)
    |> case do
      [] -> {:error, :§n}
      other -> {:ok, other}
    end
  end
----
end
""",
    "clojure": """
(ns §w.§w
  (:require [clojure.string :as str]))
----
(defn §w-§w
  "§s"
  [{:keys [§w §w] :as opts} & more]
  (let [§w (map #(assoc % :§w §d) more)]
    (when-not (empty? §w) (reduce + §d §w))))
----
""",
    "lisp": """
;;;; §s
(defpackage :§w (:use :cl))
----
(defun §w-§w (§w &key (§w §d) &aux (sum 0))
  "§s"
  (loop for §w in §w
        when (> §w §d) do (incf sum §w)
        finally (return (values sum (format nil "~a" §w)))))
----
""",
    "fortran": """
program §2
  implicit none
----
  subroutine §n(§w, n)
    integer, intent(in) :: n
    real(8), dimension(n), intent(inout) :: §w
    integer :: i
    do i = 1, n
      §w(i) = §w(i) * §fd0
    end do
    write(*, *) '§s'
  end subroutine §n
----
end program §2
""",
    "cobol": """
       IDENTIFICATION DIVISION.
       PROGRAM-ID. §w.
       DATA DIVISION.
       WORKING-STORAGE SECTION.
----
       01 §w-§w PIC 9(§d) VALUE §d.
       PROCEDURE DIVISION.
           DISPLAY "§s".
           MOVE §d TO §w-§w.
           PERFORM §w-PARA UNTIL §w-§w > §d.
----
           STOP RUN.
""",
    "pascal": """
program §1;
uses SysUtils;
----
{ §s }
function §c(const §w: Integer): string;
var i: Integer;
begin
  Result := '';
  for i := 1 to §d do
    if §w <> i then WriteLn('§w', i);
end;
----
begin
end.
""",
    "cs": """
using System;
using System.Collections.Generic;
namespace §T.§T
{
----
    /// <summary>§s</summary>
    public sealed class §T : §3
    {
        public IReadOnlyList<string> §T { get; private set; } = new List<string>();
        public async Task<int> §TAsync(string §w) => await §1.RunAsync(() => §w?.Length ?? §d);
    }
----
}
""",
    "objectivec": """
#import <Foundation/Foundation.h>
@interface §3 : NSObject
----
@property (nonatomic, strong) NSArray<NSString *> *§c;
- (nullable NSString *)§c:(NSInteger)§w error:(NSError **)error;
@end
@implementation §T
- (void)§c { NSLog(@"§s %@", self.§c); [self §c:§d error:nil]; }
----
@end
""",
    "dart": """
import 'dart:async';
----
class §T extends §3 {
  final List<String> §w;
  §T({required this.§w, int? §w});
  @override
  Future<Map<String, dynamic>> §c(String §w) async {
    return {'§w': §d, ...await §1(§w ?? '§s')};
  }
}
----
void main() => runApp(const §T());
""",
    "zig": """
const std = @import("std");
----
pub const §T = struct {
    §w: []const u8,
    §n: ?u32 = §d,
    pub fn §c(self: *§T, allocator: std.mem.Allocator) !void {
        const §w = try allocator.alloc(u8, §d);
        defer allocator.free(§w);
        std.debug.print("{s}\\n", .{self.§w});
    }
};
----
""",
    "asm": """
	.file	"§w.c"
	.text
	.globl	§2
----
§n:
	pushq	%rbp
	movq	%rsp, %rbp
	movl	$§d, -§d(%rbp)
	cmpl	$§d, %eax
	jne	.L§d
	call	§n
	popq	%rbp
	ret
----
	.section	.note.GNU-stack,"",@progbits
""",
    "sql": """
-- §s
BEGIN;
----
CREATE TABLE IF NOT EXISTS §n (
  id BIGINT PRIMARY KEY,
  §w VARCHAR(§d) NOT NULL DEFAULT '§w'
);
INSERT INTO §n (id, §w) VALUES (§d, '§w'), (§d, '§w');
SELECT a.§w, COUNT(*) FROM §n AS a LEFT JOIN §n b ON a.id = b.id WHERE a.§w > §f GROUP BY 1;
----
COMMIT;
""",
    "shell": """
#!/bin/bash
set -euo pipefail
----
§n() {
  local §w=${1:-§w}
  for §w in "$@"; do
    if [[ ! -f "$§w" ]]; then echo "§s" >&2; return §d; fi
    grep -E '^§w' "$§w" | sort | uniq -c || true
  done
}
----
main "$@"
""",
    "batch": """
@echo off
setlocal enabledelayedexpansion
----
rem §s
set §w=%~dp0\\§w
if not exist "%§w%" (
  echo §s
  goto :§w
)
for %%i in (*.§w) do call :§w "%%i" %1
----
endlocal
""",
    "powershell": """
[CmdletBinding()]
param([string]$§1 = "§w")
----
function Get-§T {
    param([Parameter(Mandatory=$true)][string]$§T)
    $§c = Get-ChildItem -Path $§T -Recurse | Where-Object { $_.Length -gt §d }
    Write-Host "§s $($§c.Count)"
}
----
""",
    "awk": """
#!/usr/bin/awk -f
BEGIN { FS = "\\t"; §2 = §d }
----
/^§w/ { §n[$1] += $§d; next }
function §n(§w,   i) {
  for (i in §w) printf "%s %d\\n", i, §w[i]
  return length(§w) > §d
}
----
END { print §2 }
""",
    "makefile": """
CC ?= gcc
.PHONY: all
----
§w: §w.o §w.o
	$(CC) $(CFLAGS) -o $@ $^
§w-%.o: %.c §w.h
	$(CC) -c -D§n=§d $< -o $@
	@echo "§s"
----
clean:
	rm -f *.o
""",
    "cmake": """
cmake_minimum_required(VERSION 3.20)
project(§2 LANGUAGES CXX)
----
add_library(§n STATIC src/§w.cpp src/§w.cpp)
target_link_libraries(§n PUBLIC §w::§w)
if(NOT DEFINED §n)
  set(§n §d CACHE STRING "§s")
endif()
----
install(TARGETS §2)
""",
    "dockerfile": """
FROM debian:bookworm AS build
WORKDIR /src
----
RUN apt-get update && apt-get install -y §w §w \\
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/§w /usr/local/bin/
ENV §n=§d
----
ENTRYPOINT ["/usr/local/bin/§w"]
""",
    "hcl": """
terraform {
  required_version = ">= 1.5"
}
----
resource "aws_§w" "§n" {
  §w = var.§n
  tags = { Name = "§w-${count.index}" }
  §n {
    §w = [§d, §d]
  }
}
----
""",
    "gradle": """
plugins {
    id 'java'
}
----
dependencies {
    implementation 'org.§w:§w:§d.§d'
    testImplementation "org.§w:§w:$§c"
}
tasks.register('§c') { doLast { println '§s' } }
----
""",
    "proto": """
syntax = "proto3";
package §w.§w.v1;
----
// §s
message §T {
  repeated string §n = 1;
  optional int64 §n = 2;
  map<string, §3> §n = 3;
}
service §T { rpc §T(§T) returns (stream §3); }
----
""",
    "solidity": """
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
----
contract §T is §3 {
    mapping(address => uint256) private _§w;
    event §T(address indexed §w, uint256 §w);
    function §c(address §w, uint256 §w) external payable returns (bool) {
        require(_§w[msg.sender] >= §d, "§s");
        emit §T(§w, §w);
        return true;
    }
}
----
""",
    "verilog": """
`timescale 1ns/1ps
module §2 (input wire clk, input wire rst, output reg [7:0] §w);
----
  reg [§d:0] §n;
  always @(posedge clk or negedge rst) begin
    if (!rst) §n <= 8'h00;
    else §n <= §n + 1'b1; // §s
  end
----
endmodule
""",
    "vhdl": """
library ieee;
use ieee.std_logic_1164.all;
entity §2 is
  port (clk : in std_logic; §w : out std_logic_vector(7 downto 0));
end entity;
architecture rtl of §2 is
begin
----
  process(clk)
  begin
    if rising_edge(clk) then
      §n <= "0010" & §w; -- §s
    end if;
  end process;
----
end architecture;
""",
    "tcl": """
#!/usr/bin/env tclsh
package require Tcl 8.6
----
proc §n {§w {§w §d}} {
    foreach item [lsort $§w] {
        if {[string match "§w*" $item]} { puts "§s $item" }
    }
    return [expr {$§w * §f}]
}
----
""",
    "prolog": """
:- module(§2, [§n/2]).
----
% §s
§n([], §d).
§n([H|T], R) :- §n(T, S), R is S + H, H > §d, \\+ §w(H).
§w(§w, §w).
----
""",
    "coffeescript": """
§1 = require '§w'
----
class §T extends §3
  constructor: (@§w, @§w = §d) ->
  §c: (§w) =>
    §w = (x * §d for x in §w when x isnt null)
    console.log "§s #{§w}" unless §w?
----
""",
    "matlab": """
function [§w, §w] = §2(§w)
% §s
----
§n = zeros(§d, §d);
for k = 1:length(§w)
    §n(k, :) = §w(k) .* sin(2 * pi * k / §d)';
end
fprintf('%d §s\\n', numel(§n));
----
end
""",
    "latex": """
\\documentclass[11pt]{article}
\\usepackage{amsmath}
\\begin{document}
----
\\section{§T}
§s §s \\emph{§w} and $x_{§d} = \\frac{§f}{\\sqrt{§w}}$.
\\begin{equation}\\label{eq:§w} \\sum_{i=0}^{§d} §w_i \\leq \\alpha \\end{equation}
----
\\end{document}
""",
    "markdown": """
# §s

§s [§w](https://example.org/§w)
----
## §s

- **§w**: §s
- `§n`: §s

```python
§n = §d
```
§s §s
----
""",
    "rst": """
§w
======

.. contents::
----
§w
------
§s ``§n`` §s

.. code-block:: python

   §n(§d)

* :ref:`§w` §s
----
""",
    "html": """
<!DOCTYPE html>
<html lang="en">
<head><title>§s</title></head>
<body>
----
<div class="§w §w"><h2 id="§n">§s</h2>
<p>§s <a href="/§w/§w.html">§w</a></p>
<table><tr><td>§d</td><td>§f</td></tr></table></div>
----
</body>
</html>
""",
    "css": """
@charset "utf-8";
----
.§w-§w > #§n:hover, §w::before {
  margin: §dpx auto;
  color: rgba(12, 34, 56, 0.5);
  font: bold 12px/1.5 "§w", sans-serif;
}
@media (max-width: §dpx) { .§w { display: none; } }
----
""",
    "scss": """
$§n: §dpx;
@import "§w";
----
@mixin §w-§w($§w) { padding: $§w * 2; &:hover { color: darken($§w, 10%); } }
.§w { .§w & { @include §w-§w($§n); } @extend %§w; }
----
""",
    "vue": """
<template>
  <div :class="§1" @click="§c">{{ §w }}</div>
</template>
<script setup>
import { ref } from 'vue'
----
const §c = ref(§d)
function §c(§w) { emit('§w', §w.value) }
----
</script>
<style scoped>
.§w { color: red; }
</style>
""",
    "xml": """
<?xml version="1.0" encoding="UTF-8"?>
<§w xmlns="http://example.org/§w">
----
  <§w id="§d" §w="§n">
    <§w>§s</§w>
    <§w/><!-- §s -->
  </§w>
----
</§w>
""",
    "svg": """
<svg xmlns="http://www.w3.org/2000/svg" width="§d" height="§d" viewBox="0 0 100 100">
----
  <path d="M §f §f L §f §f C §f §f, §f §f, §f §f Z" fill="#a0b0c0"/>
  <circle cx="§f" cy="§f" r="§d" class="§w"/>
  <text x="§d" y="§d">§w</text>
----
</svg>
""",
    "yaml": """
# §s
apiVersion: v1
kind: §3
----
§w:
  §w: §d
  §n:
    - §w: "§s"
      §w: [§d, §d]
    - &§w §w
----
""",
    "toml": """
[package]
name = "§2"
version = "0.§d.0"
----
[§w.§w]
§n = "§s"
§n = [§d, §d]
§w = { version = "§d.1", features = ["§w"] }
----
""",
    "ini": """
; §s
[main]
----
[§w]
§n = §w
§w=§d
# §s
§w = "§s"
----
""",
    "diff": """
diff --git a/§w.c b/§w.c
index 1234567..89abcde 100644
--- a/§w.c
+++ b/§w.c
----
@@ -§d,7 +§d,8 @@ int §n(void)
 	int §w = §d;
-	return §n(§w);
+	if (§w > §d)
+		return §n(§w, §d);
 }
----
""",
    "po": """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
----

#: src/§w.c:§d
#, c-format
msgid "§s"
msgstr "§s"
----
""",
    "srt": """
1
00:00:01,000 --> 00:00:02,500
§s
----

§d
00:0§d:00,100 --> 00:0§d:03,900
§s
§s
----
""",
    "vtt": """
WEBVTT

----
§d
00:00:§d.000 --> 00:01:§d.500 align:start
- §s
- §s

----
""",
    "ics": """
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//§w//§w//EN
----
BEGIN:VEVENT
UID:§d@example.org
DTSTART:20260101T0§d00Z
SUMMARY:§s
END:VEVENT
----
END:VCALENDAR
""",
    "m3u": """
#EXTM3U
----
#EXTINF:§d,§w - §s
/music/§w/§w.mp3
----
""",
    "rtf": """
{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0 Times New Roman;}}
----
\\pard\\b §w\\b0\\par §s \\i §w\\i0  §s\\fs§d\\par
----
}
""",
    "bib": """
% §s
----
@article{§w§d,
  author = {§T, A. and §T, B.},
  title = {{§s}},
  journal = {§T},
  year = {20§d},
  pages = {§d--§d},
}
----
""",
    "gitignore": """
# §s
----
/§w/
*.§w
!§w/§w.txt
**/§n
----
""",
    "csproj": """
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net8.0</TargetFramework></PropertyGroup>
----
  <ItemGroup>
    <PackageReference Include="§T.§T" Version="§d.§d.0" />
    <Compile Remove="§w\\**" />
  </ItemGroup>
----
</Project>
""",
    "log": """
§D 00:00:00 INFO start
----
§D 12:§d:01,§d ERROR [§w-§d] org.§w.§T - §s (§n=§d)
§D 12:§d:02,§d DEBUG [main] §s
----
""",
    "prose": """
§s
----
§s §s §s §s
§s §s

----
""",
    "obj": """
# §s
mtllib §w.mtl
----
v §f §f §f
vt 0.5 0.25
vn 0.0 1.0 0.0
f §d/§d/§d §d/§d/§d §d/§d/§d
----
""",
    "stl": """
solid §w
----
  facet normal §f §f §f
    outer loop
      vertex §f §f §f
      vertex §f §f §f
      vertex §f §f §f
    endloop
  endfacet
----
endsolid §w
""",
    "dxf": """
0
SECTION
2
ENTITIES
----
0
LINE
8
§w
10
§f
20
§f
11
§f
----
0
ENDSEC
0
EOF
""",
    "registry": """
Windows Registry Editor Version 5.00

----
[HKEY_LOCAL_MACHINE\\SOFTWARE\\§T\\§T]
"§T"="§s"
"§T"=dword:0000§d

----
""",
    "vba": """
Attribute VB_Name = "§T"
Option Explicit
----
Public Function §T(ByVal §w As String) As Long
    Dim §w As Range
    For Each §w In ActiveSheet.Range("A1:B§d")
        If §w.Value > §d Then MsgBox "§s"
    Next §w
End Function
----
""",
    "yara": """
import "pe"
----
rule §T : §w
{
    meta:
        description = "§s"
    strings:
        $a = "§w" wide ascii
        $b = { 6A 40 68 00 ?? }
    condition:
        uint16(0) == 0x5A4D and any of them
}
----
""",
    "htaccess": """
RewriteEngine On
----
RewriteCond %{HTTP_HOST} ^§w\\.org$ [NC]
RewriteRule ^§w/(.*)$ /§w/$1 [R=301,L]
Options -Indexes
AuthName "§s"
----
""",
    "twig": """
{% extends "§w.html.twig" %}
{% block §w %}
----
<p>{{ §w.§w|escape }}</p>
{% for §w in §w.§w %}<li>{{ §w|default('§w') }}</li>{% else %}§s{% endfor %}
----
{% endblock %}
""",
}
