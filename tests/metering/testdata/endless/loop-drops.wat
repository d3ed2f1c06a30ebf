;; Segments are dropped again and again.
(module
  (memory (export "memory") 2 4)
  (data $d "x")
  (elem $e func $run)
  (func $run (export "run")
    (loop
      (data.drop $d) (elem.drop $e)
      (br 0))))
